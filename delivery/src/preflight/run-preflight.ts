import { type Check, type Finding, look, type PreflightWorld } from './check.ts'
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

/** Runs every check, whatever the others find, all at once: failures come together, not one a run. */
export async function runPreflight(
  world: PreflightWorld,
  onResult: (result: CheckResult) => void = () => {},
  checks: Check[] = CHECKS,
): Promise<PreflightReport> {
  const start = performance.now()
  const results = await Promise.all(
    checks.map(async ({ name, title, run }) => {
      const result = { name, title, findings: await look(title, () => run(world)) }
      onResult(result)
      return result
    }),
  )
  return { results, counts: count(results), seconds: (performance.now() - start) / 1000 }
}

export function count(results: CheckResult[]): PreflightReport['counts'] {
  const counts = { passed: 0, failed: 0, unchecked: 0 }
  for (const { outcome } of results.flatMap(({ findings }) => findings)) counts[outcome]++
  return counts
}
