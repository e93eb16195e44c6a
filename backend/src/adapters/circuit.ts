import { type Circuit, createCircuit } from './gemini/circuit.ts'

/** Not asked, since it did not answer the last times. */
export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen'
  /** Reads as a failure of the network: `unreachable`. */
  readonly code = 'ECIRCUITOPEN'

  constructor(service: string) {
    super(`${service} has not answered several times in a row, and is left alone for a moment`)
  }
}

export interface CircuitsOptions {
  service: string
  /** Operations that are never refused: polls with pauses of their own. */
  except?: readonly string[]
  /** Failures in a row that open it, each after the SDK's own retries. @default 10 */
  failures?: number
  /** How long it stays open, in milliseconds: a second lets a service breathe, and recovery is soon seen. @default 1000 */
  openMs?: number
  now?: () => number
}

/** The part of an AWS SDK client that is needed here. */
interface Client {
  middlewareStack: {
    add(
      // biome-ignore lint/suspicious/noExplicitAny: the SDK's clients each have types of their own here
      middleware: (next: any, context: any) => (args: any) => Promise<any>,
      options: { step: 'initialize'; name: string; priority: 'high' },
    ): void
  }
}

/**
 * Puts a circuit before each operation of an AWS client: one that fails, after its retries, several times in a row is
 * refused at once for a moment, then tried by one request. What a service refuses says that it is well.
 */
export function breakCircuits<C>(client: C, options: CircuitsOptions): C {
  const circuits = new Map<string, Circuit>()
  const { service, except = [], failures = 10, openMs = 1000, now = () => performance.now() } = options
  const middleware = (client as unknown as Client).middlewareStack
  middleware.add(
    (next, context) => async args => {
      const operation = String(context.commandName)
      if (except.includes(operation)) return next(args)
      const circuit = circuits.get(operation) ?? createCircuit({ now, failures, openMs })
      circuits.set(operation, circuit)
      if (!circuit.allows()) throw new CircuitOpen(service)
      try {
        const result = await next(args)
        circuit.succeeded()
        return result
      } catch (error) {
        if (isUnwell(error)) circuit.failed()
        else circuit.succeeded()
        throw error
      }
    },
    { step: 'initialize', name: 'clarityCircuit', priority: 'high' },
  )
  return client
}

/** Whether a failure says something of the service rather than of the request. */
function isUnwell(error: unknown): boolean {
  const { name, code, $metadata, $fault } = (error ?? {}) as {
    name?: string
    code?: unknown
    $metadata?: { httpStatusCode?: number }
    $fault?: string
  }
  const status = $metadata?.httpStatusCode
  if (status !== undefined) return status >= 500
  return (
    $fault === 'server' || name === 'TimeoutError' || (typeof code === 'string' && /^(E|UND_ERR)/.test(code))
  )
}
