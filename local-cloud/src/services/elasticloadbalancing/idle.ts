import type { Clock } from '../../core/clock.ts'

/** How often silent exchanges are looked for. */
const SWEEP_MS = 250

/** Something that must not be silent for too long. */
export interface Watched {
  /** When a byte last travelled, in milliseconds of the clock; the owner keeps it current. */
  lastByteAt: number
  idleMs: number
  onIdle(): void
}

/** Finds silent exchanges with one timer for all, instead of one that every byte resets. */
export function createIdleWatch(clock: Clock): { add(one: Watched): void; remove(one: Watched): void } {
  const all = new Set<Watched>()
  let running = false

  function sweep(): void {
    const now = clock.now()
    for (const one of all)
      if (now - one.lastByteAt >= one.idleMs) {
        all.delete(one)
        one.onIdle()
      }
    running = all.size > 0
    if (running) clock.after(SWEEP_MS, sweep)
  }

  return {
    add: one => {
      all.add(one)
      if (running) return
      running = true
      clock.after(SWEEP_MS, sweep)
    },
    remove: one => void all.delete(one),
  }
}
