import type { Log } from './logging.ts'

export interface LifecycleOptions {
  log: Log
  /** Called at the first signal, before anything stops: readiness turns unready here. */
  drain?: () => void
  /** How long to go on serving after that, for load balancers to notice, in milliseconds. @default 0 */
  drainMs?: number
  /** Stops taking work and resolves when what was in flight is done. */
  stop: () => Promise<void>
  /** When to give up waiting for `stop`, in milliseconds after the signal; less than the container's stop timeout. */
  deadlineMs: number
  exit?: (code: number) => void
  signals?: NodeJS.EventEmitter
}

/**
 * Stops the process in good order on SIGTERM or SIGINT: drain, stop, exit 0. Exits 1 when work had to be cut off, at the
 * deadline or because a second signal came.
 */
export function stopOnSignals(options: LifecycleOptions): void {
  const { log, signals = process, exit = process.exit } = options
  let stopping = false
  const onSignal = async (signal: string): Promise<void> => {
    if (stopping) {
      log.warn('forced to stop', { signal })
      return exit(1)
    }
    stopping = true
    log.info('stopping', { signal })
    const deadline = setTimeout(() => {
      log.error('work was cut off at the stop deadline', { reason: 'stop_timeout' })
      exit(1)
    }, options.deadlineMs)
    try {
      options.drain?.()
      if (options.drainMs) await new Promise(resolve => setTimeout(resolve, options.drainMs))
      await options.stop()
      log.info('stopped')
      exit(0)
    } catch (error) {
      log.error('stopping failed', { error })
      exit(1)
    } finally {
      clearTimeout(deadline)
    }
  }
  for (const signal of ['SIGTERM', 'SIGINT']) signals.on(signal, () => void onSignal(signal))
}
