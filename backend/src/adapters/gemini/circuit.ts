/** Stops asking a service that does not answer, and lets one request try again after a while. */
export interface Circuit {
  /** Whether to ask now. A `true` must be followed by `succeeded` or `failed`. */
  allows(): boolean
  succeeded(): void
  /** @param openMs stay away this long at least, as the service itself asks */
  failed(openMs?: number): void
}

export interface CircuitOptions {
  /** Milliseconds of a clock that never goes back. */
  now: () => number
  /** Failures in a row that open it. @default 5 */
  failures?: number
  /** How long it stays open, in milliseconds. @default 30000 */
  openMs?: number
}

export function createCircuit({ now, failures = 5, openMs = 30_000 }: CircuitOptions): Circuit {
  let inARow = 0
  let closedAt = Number.NEGATIVE_INFINITY
  let trying = false
  return {
    allows: () => {
      if (now() < closedAt) return false
      if (inARow < failures) return true
      // half open: one request goes first
      if (trying) return false
      trying = true
      return true
    },
    succeeded: () => {
      inARow = 0
      trying = false
    },
    failed: (asked = 0) => {
      inARow++
      trying = false
      const rest = inARow >= failures ? Math.max(openMs, asked) : asked
      closedAt = Math.max(closedAt, now() + rest)
    },
  }
}
