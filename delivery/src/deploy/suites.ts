import { runChecks, smoke } from '@clarity/suites'
import type { Step } from '../ui/events.ts'

/**
 * Runs the suites against the test listener while ECS waits.
 * @returns why the release must not take traffic; undefined when every check passed
 */
export async function runSuites(baseUrl: string, release: string, step: Step): Promise<string | undefined> {
  const checks = smoke({ baseUrl, release })
  let passed = 0
  const results = await runChecks(checks, result => {
    if (result.passed) passed++
    step.progress(`smoke ${passed}/${checks.length}: ${result.passed ? '' : 'FAILED '}${result.name}`, result)
  })
  const failed = results.filter(result => !result.passed)
  if (failed.length === 0) return undefined
  return `the smoke suite failed on the test listener: ${failed.map(f => `${f.name} (${f.reason})`).join('; ')}`
}
