import type { Log } from '../../logging.ts'

/** One dependency that readiness asks. */
export interface Check {
  /** `table`, `bucket`, `queue`, `identity`. */
  name: string
  /** Really asks the dependency; rejects when it does not answer well. Must give up when the signal aborts. */
  ask: (signal: AbortSignal) => Promise<unknown>
}

export interface CheckResult {
  name: string
  status: 'ok' | 'failed'
  latency_ms: number
  /** The class of the failure, nothing of its inside. */
  reason?: FailureReason
}

export type FailureReason = 'timeout' | 'unreachable' | 'access_denied' | 'not_found' | 'throttled' | 'error'

/** Asks every dependency at once, each with its own time limit in milliseconds. */
export function runChecks(checks: Check[], limitMs: number, log: Log): Promise<CheckResult[]> {
  return Promise.all(checks.map(check => runCheck(check, limitMs, log)))
}

async function runCheck(check: Check, limitMs: number, log: Log): Promise<CheckResult> {
  const started = performance.now()
  const latency = (): number => Math.round((performance.now() - started) * 10) / 10
  const signal = AbortSignal.timeout(limitMs)
  const { promise: late, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([check.ask(signal), late])
    return { name: check.name, status: 'ok', latency_ms: latency() }
  } catch (error) {
    const reason = signal.aborted ? 'timeout' : failureReason(error)
    log.warn('dependency failed', { dependency: check.name, reason })
    return { name: check.name, status: 'failed', latency_ms: latency(), reason }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** The class of an SDK's or the network's error. */
export function failureReason(error: unknown): FailureReason {
  const {
    name = '',
    code,
    $metadata,
    cause,
  } = (error ?? {}) as {
    name?: string
    code?: unknown
    $metadata?: { httpStatusCode?: number }
    cause?: unknown
  }
  const status = $metadata?.httpStatusCode
  if (/timeout|abort/i.test(name) || code === 'ETIMEDOUT') return 'timeout'
  if (typeof code === 'string' && /^(E|UND_ERR)/.test(code)) return 'unreachable'
  if (/throttl|TooManyRequests|ProvisionedThroughput|SlowDown/i.test(name) || status === 429)
    return 'throttled'
  if (/NotFound|NoSuch|NonExistent|DoesNotExist/i.test(name) || status === 404) return 'not_found'
  if (/AccessDenied|Forbidden|UnrecognizedClient|InvalidSignature|Credentials/i.test(name))
    return 'access_denied'
  if (status === 401 || status === 403) return 'access_denied'
  return cause && cause !== error ? failureReason(cause) : 'error'
}
