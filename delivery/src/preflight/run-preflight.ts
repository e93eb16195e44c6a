import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, type Finding, look, type PreflightWorld, unchecked } from './check.ts'
import { CHECKS } from './checks.ts'

export interface CheckResult {
  name: string
  title: string
  findings: Finding[]
}

export interface PreflightReport {
  results: CheckResult[]
  /** How many findings there are of each outcome. */
  counts: Record<Finding['outcome'], number>
  seconds: number
}

/** How long a check may take, in ms: beyond it AWS throttles or does not answer, and the others have long ended. */
const PATIENCE_MS = 30_000

/** Runs every check, whatever the others find, all at once: failures come together, not one a run. */
export async function runPreflight(
  world: PreflightWorld,
  options: { onResult?(result: CheckResult): void; checks?: Check[]; patienceMs?: number } = {},
): Promise<PreflightReport> {
  const { onResult = () => {}, checks = CHECKS, patienceMs = PATIENCE_MS } = options
  const start = performance.now()
  const results = await Promise.all(
    checks.map(async ({ name, title, run }) => {
      const findings = await within(patienceMs, title, () => look(title, () => run(world)))
      const result = { name, title, findings }
      onResult(result)
      return result
    }),
  )
  return { results, counts: count(results), seconds: (performance.now() - start) / 1000 }
}

/** What does not answer in time could not be checked; it must not hold up the rest. */
async function within(ms: number, title: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  const late = new AbortController()
  const patience = sleep(ms, undefined, { signal: late.signal }).then(
    () => [unchecked(`${title}: no answer within ${ms / 1000} s`, 'run this again')],
    (): Finding[] => [],
  )
  try {
    return await Promise.race([work(), patience])
  } finally {
    late.abort()
  }
}

export function count(results: CheckResult[]): PreflightReport['counts'] {
  const counts = { passed: 0, failed: 0, unchecked: 0 }
  for (const { outcome } of results.flatMap(({ findings }) => findings)) counts[outcome]++
  return counts
}
