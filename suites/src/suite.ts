/** One black-box check: it passes or throws an error that says what was expected and what came. */
export interface Check {
  name: string
  run(signal: AbortSignal): Promise<void>
}

export interface CheckResult {
  name: string
  passed: boolean
  /** Milliseconds. */
  milliseconds: number
  /** Why it failed. */
  reason?: string
}

/** Longest that one check may take, in ms. */
const CHECK_TIMEOUT_MS = 15_000

/** Runs checks one after the other; a failed one does not keep the rest from running. */
export async function runChecks(
  checks: Check[],
  onResult: (result: CheckResult) => void = () => {},
): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const { name, run } of checks) {
    const start = performance.now()
    let reason: string | undefined
    try {
      await run(AbortSignal.timeout(CHECK_TIMEOUT_MS))
    } catch (error) {
      reason = describe(error as Error)
    }
    const milliseconds = Math.round(performance.now() - start)
    const result: CheckResult = { name, passed: reason === undefined, milliseconds, reason }
    results.push(result)
    onResult(result)
  }
  return results
}

/** Fails a check unless `actual` is `expected`. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected)
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}

function describe(error: Error): string {
  const cause = error.cause as { code?: string } | undefined
  return cause?.code ? `${error.message} (${cause.code})` : error.message
}
