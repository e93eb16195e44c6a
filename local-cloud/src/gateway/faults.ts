import { AwsError } from '../core/aws-error.ts'
import type { Clock } from '../core/clock.ts'

/** A fault for tests and rehearsals, set through the control API (`POST /_clarity/faults`). */
export interface Fault {
  /** Service name as in the signature scope; every service when absent. */
  service?: string
  /** Operation name; every operation when absent. */
  operation?: string
  kind: 'error' | 'delay' | 'drop'
  /** For `error`: the AWS code, such as `ThrottlingException` or `AccessDeniedException`. */
  code?: string
  /** For `error`: HTTP status. @default 400 */
  status?: number
  message?: string
  /** For `delay`: milliseconds before the request is handled. */
  delayMs?: number
  /** How many requests it strikes; for ever when absent. */
  times?: number
}

export interface Faults {
  add(fault: Fault): void
  clear(): void
  list(): Fault[]
  /** Applies what is set for this request. @returns false when the connection must be dropped unanswered */
  strike(service: string, operation: string): Promise<boolean>
}

export function createFaults(clock: Clock): Faults {
  let faults: Fault[] = []

  async function strike(service: string, operation: string): Promise<boolean> {
    const fault = faults.find(
      f => (f.service ?? service) === service && (f.operation ?? operation) === operation,
    )
    if (!fault) return true
    if (fault.times !== undefined && --fault.times <= 0) faults = faults.filter(other => other !== fault)
    if (fault.kind === 'drop') return false
    if (fault.kind === 'delay') await clock.sleep(fault.delayMs ?? 1000)
    else
      throw new AwsError(
        fault.code ?? 'InternalFailure',
        fault.message ?? 'a fault that was injected through the control API',
        fault.status ?? 400,
      )
    return true
  }

  return {
    add: fault => void faults.push({ ...fault }),
    clear: () => {
      faults = []
    },
    list: () => faults,
    strike,
  }
}
