import { ApiError, type Check, createApiClient, endToEnd, runChecks, smoke } from '@clarity/suites'
import type { Step } from '../ui/events.ts'
import type { SuiteUser } from './suite-user.ts'

export interface SuitesResult {
  /** Names of the checks that passed. */
  passed: string[]
  /** Why the release must not take traffic; absent when every check passed. */
  failed?: string
}

/**
 * Runs the suites against a listener: the test listener while ECS waits, or production where nothing waits. The smoke
 * suite always; the end-to-end suite where there is a user for it, and only when the smoke suite has passed.
 */
export async function runSuites(
  baseUrl: string,
  release: string,
  step: Step,
  user?: SuiteUser,
): Promise<SuitesResult> {
  const first = await run('smoke', smoke({ baseUrl, release }), baseUrl, step)
  if (first.failed) return first
  if (!user || !(await exists(user, baseUrl))) {
    step.progress(
      `end-to-end suite skipped: there is no user for it (CLARITY_SUITE_EMAIL, CLARITY_SUITE_PASSWORD)`,
    )
    return first
  }
  const second = await run('end-to-end', endToEnd({ baseUrl, user, now: Date.now() }), baseUrl, step)
  return { ...second, passed: [...first.passed, ...second.passed] }
}

async function run(suite: string, checks: Check[], baseUrl: string, step: Step): Promise<SuitesResult> {
  const passed: string[] = []
  const results = await runChecks(checks, result => {
    if (result.passed) passed.push(`${suite}: ${result.name}`)
    step.progress(
      `${suite} ${passed.length}/${checks.length}: ${result.passed ? '' : 'FAILED '}${result.name}`,
      result,
    )
  })
  const failed = results.filter(result => !result.passed)
  if (failed.length === 0) return { passed }
  const words = failed.map(f => `${f.name} (${f.reason})`).join('; ')
  return { passed, failed: `the ${suite} suite failed on ${baseUrl}: ${words}` }
}

/** A demo user went with the cloud that was forgotten; a user who was given and cannot sign in is a failure. */
async function exists(user: SuiteUser, baseUrl: string): Promise<boolean> {
  if (user.given) return true
  try {
    await createApiClient(baseUrl).login(user.email, user.password)
    return true
  } catch (error) {
    return !(error instanceof ApiError && error.status === 401)
  }
}
