import { runChecks, smoke } from '@clarity/suites'
import type { Step } from '../ui/events.ts'

export interface SuitesResult {
  /** Names of the checks that passed. */
  passed: string[]
  /** Why the release must not take traffic; absent when every check passed. */
  failed?: string
}

/** Runs the suites against a listener: the test listener while ECS waits, or production where nothing waits. */
export async function runSuites(baseUrl: string, release: string, step: Step): Promise<SuitesResult> {
  const checks = smoke({ baseUrl, release })
  const passed: string[] = []
  const results = await runChecks(checks, result => {
    if (result.passed) passed.push(`smoke: ${result.name}`)
    step.progress(
      `smoke ${passed.length}/${checks.length}: ${result.passed ? '' : 'FAILED '}${result.name}`,
      result,
    )
  })
  const failed = results.filter(result => !result.passed)
  if (failed.length === 0) return { passed }
  const words = failed.map(f => `${f.name} (${f.reason})`).join('; ')
  return { passed, failed: `the smoke suite failed on ${baseUrl}: ${words}` }
}
