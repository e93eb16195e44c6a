/**
 * Time, injected. The wall clock is what the world's is (tokens and signatures depend on it) until a test
 * moves it; only durations that AWS gives in minutes (bake, hook timeouts, alarm periods) run at `speed`.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `task` once after `ms` of this clock; returns its cancellation. Does not keep the process alive. */
  after(ms: number, task: () => void): () => void
  /** Resolves after `ms` of this clock, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** How many milliseconds `minutes` of an AWS setting last here. */
  minutes(minutes: number): number
  /** Moves the clock forward and runs what has fallen due; for tests and rehearsals. */
  advance(ms: number): void
}

/** @param speed how many times faster settings in minutes pass; 60 makes a minute a second. @default 1 */
export function createClock(speed = 1): Clock {
  let offset = 0
  const waiting = new Set<{ due: number; run: () => void; timer: NodeJS.Timeout }>()
  const now = () => Date.now() + offset

  function after(ms: number, task: () => void): () => void {
    const entry = { due: now() + ms, run, timer: setTimeout(run, ms) }
    function run() {
      clearTimeout(entry.timer)
      if (waiting.delete(entry)) task()
    }
    entry.timer.unref()
    waiting.add(entry)
    return () => {
      clearTimeout(entry.timer)
      waiting.delete(entry)
    }
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const abort = () => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = after(ms, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  function advance(ms: number): void {
    offset += ms
    const due = [...waiting].filter(entry => entry.due <= now()).sort((a, b) => a.due - b.due)
    for (const entry of due) entry.run()
  }

  return { now, after, sleep, minutes: minutes => (minutes * 60_000) / speed, advance }
}
