import { AwsError } from '../core/aws-error.ts'
import type { Clock } from '../core/clock.ts'
import { refusalOf, type Spoken } from './refusal.ts'

/** A fault for tests and rehearsals, set through the control API (`POST /_clarity/faults`). See README.md. */
export interface Fault {
  /** Service name as in the signature scope; every service when absent. */
  service?: string
  /** Operation name; for S3 the HTTP method too. Every operation when absent. Not of `full-disk`. */
  operation?: string
  kind: 'error' | 'deny' | 'delay' | 'drop' | 'kill' | 'full-disk'
  /** For `error`: the AWS code, such as `ThrottlingException`. @default 'InternalFailure' */
  code?: string
  /** For `error`: HTTP status. @default 400 */
  status?: number
  message?: string
  /** For `delay`: milliseconds of the cloud's clock. @default 1000 */
  delayMs?: number
  /**
   * For `drop` and `kill`: when the request has come, or when it was done and would be answered, so that the client
   * cannot know what became of it. @default 'request'
   */
  moment?: 'request' | 'answer'
  /** How many requests it strikes; for ever when absent. Not of `full-disk`. */
  times?: number
}

export interface Faults {
  /** @throws AwsError `ValidationException` for what is no fault */
  add(fault: Fault): void
  clear(): void
  list(): Fault[]
  /**
   * Applies what is set for this request, by any of the names that it goes by.
   * @returns false when the connection must be dropped unanswered
   */
  strike(service: Spoken, operations: string[], callerArn?: string): Promise<boolean>
  /** The same when the work is done and the answer not begun. */
  strikeAnswer(service: Spoken, operations: string[]): boolean
  /** @throws an `ENOSPC` error while the disk under a service is full by a fault */
  room(service: string): void
}

const KINDS = new Set(['error', 'deny', 'delay', 'drop', 'kill', 'full-disk'])

/** @param kill ends this process at once, as `kill -9` does */
export function createFaults(
  clock: Clock,
  kill: () => void = () => process.kill(process.pid, 'SIGKILL'),
): Faults {
  let faults: Fault[] = []

  function take(service: Spoken, operations: string[], moment: Fault['moment']): Fault | undefined {
    const fault = faults.find(
      f =>
        f.kind !== 'full-disk' &&
        (f.moment ?? 'request') === moment &&
        (f.service ?? service.name) === service.name &&
        (f.operation === undefined || operations.includes(f.operation)),
    )
    if (fault?.times !== undefined && --fault.times <= 0) faults = faults.filter(other => other !== fault)
    return fault
  }

  async function strike(service: Spoken, operations: string[], callerArn = ''): Promise<boolean> {
    const fault = take(service, operations, 'request')
    if (!fault) return true
    switch (fault.kind) {
      case 'drop':
        return false
      case 'kill':
        kill()
        return false
      case 'delay':
        await clock.sleep(fault.delayMs ?? 1000)
        return true
      case 'deny':
        throw refusalOf(
          service,
          fault.message ??
            `User: ${callerArn} is not authorized to perform: ${service.name}:${operations[0]} with an explicit deny in an identity-based policy (a fault that was injected)`,
        )
      default:
        throw new AwsError(
          fault.code ?? 'InternalFailure',
          fault.message ?? 'a fault that was injected through the control API',
          fault.status ?? 400,
        )
    }
  }

  function strikeAnswer(service: Spoken, operations: string[]): boolean {
    const fault = take(service, operations, 'answer')
    if (fault?.kind === 'kill') kill()
    return fault === undefined
  }

  function room(service: string): void {
    if (faults.some(fault => fault.kind === 'full-disk' && (fault.service ?? service) === service))
      throw Object.assign(new Error('no space left on device (a fault that was injected)'), {
        code: 'ENOSPC',
      })
  }

  return {
    add: fault => void faults.push(checked(fault)),
    clear: () => {
      faults = []
    },
    list: () => faults,
    strike,
    strikeAnswer,
    room,
  }
}

function checked(fault: Fault): Fault {
  const bad = (why: string) => new AwsError('ValidationException', why)
  if (!KINDS.has(fault.kind)) throw bad(`kind '${fault.kind}' must be one of ${[...KINDS].join(', ')}`)
  if (fault.moment === 'answer' && fault.kind !== 'drop' && fault.kind !== 'kill')
    throw bad(`moment 'answer' is for drop and kill, not for '${fault.kind}'`)
  if (fault.times !== undefined && !(fault.times >= 1)) throw bad(`times ${fault.times} must be 1 or more`)
  return { ...fault }
}
