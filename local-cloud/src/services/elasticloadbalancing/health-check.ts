import { type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Clock } from '../../core/clock.ts'
import type { HealthCheckSettings } from './model.ts'

/** What one health check found. */
export type CheckResult =
  | { kind: 'passed' }
  | { kind: 'mismatch'; status: number }
  | { kind: 'timeout' }
  /** Nobody listens on the port. */
  | { kind: 'refused' }
  | { kind: 'failed' }

/** Sends one health check on a connection of its own and judges the status line; the body is not read. */
export function checkHealth(
  target: { id: string; port: number },
  settings: HealthCheckSettings,
  clock: Clock,
): Promise<CheckResult> {
  const port = settings.port === 'traffic-port' ? target.port : Number(settings.port)
  return new Promise(resolve => {
    const send = settings.protocol === 'HTTPS' ? httpsRequest : httpRequest
    let sent: ClientRequest | undefined
    const cancel = clock.after(settings.timeout * 1000, () => settle({ kind: 'timeout' }))
    function settle(result: CheckResult): void {
      cancel()
      sent?.destroy()
      resolve(result)
    }
    sent = send({
      host: target.id,
      port,
      path: settings.path,
      agent: false,
      rejectUnauthorized: false,
      headers: {
        host: `${target.id}:${port}`,
        'user-agent': 'ELB-HealthChecker/2.0',
        'accept-encoding': 'gzip, compressed',
      },
    })
    sent.on('response', response => {
      const status = response.statusCode ?? 0
      response.on('error', () => {})
      settle(matches(settings.matcher, status) ? { kind: 'passed' } : { kind: 'mismatch', status })
    })
    sent.on('error', (error: NodeJS.ErrnoException) =>
      settle({ kind: error.code === 'ECONNREFUSED' ? 'refused' : 'failed' }),
    )
    sent.end()
  })
}

/** Whether a status code is among those of a matcher such as `200,204` or `200-299`. */
export function matches(matcher: string, status: number): boolean {
  return matcher.split(',').some(part => {
    const [from = '', to = from] = part.trim().split('-')
    return status >= Number(from) && status <= Number(to)
  })
}

/** AWS's reason and words for a check that failed. */
export function describeFailure(result: CheckResult): Pick<TargetHealth, 'Reason' | 'Description'> {
  if (result.kind === 'mismatch')
    return {
      Reason: 'Target.ResponseCodeMismatch',
      Description: `Health checks failed with these codes: [${result.status}]`,
    }
  if (result.kind === 'timeout') return { Reason: 'Target.Timeout', Description: 'Request timed out' }
  return { Reason: 'Target.FailedHealthChecks', Description: 'Health checks failed' }
}
