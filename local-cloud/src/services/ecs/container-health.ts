import type { HealthCheck, HealthStatus } from '@aws-sdk/client-ecs'
import type { Clock } from '../../core/clock.ts'
import { type ProcessSpec, startProcess } from './container-process.ts'

/** The first check comes this soon, where Docker waits a whole interval; seconds. */
const FIRST_CHECK = 1

export interface HealthWatch {
  stop(): void
}

/**
 * Runs a container's health check command in its image, and tells each change of its health.
 * Defaults: every 30 s, 5 s long at most, 3 failures in a row after the start period.
 */
export function watchHealth(
  check: HealthCheck,
  spec: ProcessSpec,
  clock: Clock,
  onChange: (status: HealthStatus) => void,
  onTrouble: (message: string) => void,
): HealthWatch {
  const { interval = 30, timeout = 5, retries = 3, startPeriod = 0 } = check
  const [kind, ...command] = check.command ?? []
  if (kind === 'NONE') return { stop: () => {} }
  const argv = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...command] : command
  const began = clock.now()
  let failures = 0
  let status: HealthStatus = 'UNKNOWN'
  let stopped = false
  let cancel = clock.after(Math.min(FIRST_CHECK, interval) * 1000, () => void round())

  async function round(): Promise<void> {
    const healthy = await attempt()
    if (stopped) return
    if (healthy) failures = 0
    else if (clock.now() - began > startPeriod * 1000) failures++
    const next = healthy ? 'HEALTHY' : failures >= retries ? 'UNHEALTHY' : status
    if (next !== status) onChange(next)
    status = next
    cancel = clock.after(interval * 1000, () => void round())
  }

  async function attempt(): Promise<boolean> {
    try {
      const process = await startProcess({ ...spec, argv })
      process.stdout.resume()
      process.stderr.resume()
      const giveUp = clock.after(timeout * 1000, () => process.signal('SIGKILL'))
      const code = await process.exited
      giveUp()
      return code === 0
    } catch (error) {
      onTrouble(`the health check cannot run: ${(error as Error).message}`)
      return false
    }
  }

  return {
    stop: () => {
      stopped = true
      cancel()
    },
  }
}
