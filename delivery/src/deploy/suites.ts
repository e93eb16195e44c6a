import { ApiError, type Check, endToEnd, runChecks, smoke } from '@clarity/suites'
import type { Step } from '../ui/events.ts'
import type { SuiteUser } from './suite-user.ts'

/** Longest that a sign-in may take, in ms. */
const SIGN_IN_MS = 15_000

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
  const checks = user && (await endToEndOf(user, baseUrl))
  if (!checks) {
    step.progress(
      `end-to-end suite skipped: there is no user for it (CLARITY_SUITE_EMAIL, CLARITY_SUITE_PASSWORD)`,
    )
    return first
  }
  const second = await run('end-to-end', checks, baseUrl, step)
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

/**
 * The end-to-end suite of a user. The sign-in of a demo user, its first check, is tried beforehand and once: such a user
 * goes with the cloud that is forgotten. A user who was given and cannot sign in is a failure.
 * @returns undefined when the demo user is no more
 */
async function endToEndOf(user: SuiteUser, baseUrl: string): Promise<Check[] | undefined> {
  const checks = endToEnd({ baseUrl, user, now: Date.now() })
  const [signIn, ...others] = checks
  if (user.given || !signIn) return checks
  const signedIn = signIn.run(AbortSignal.timeout(SIGN_IN_MS))
  try {
    await signedIn
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined
  }
  return [{ name: signIn.name, run: () => signedIn }, ...others]
}
