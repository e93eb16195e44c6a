import { recallDemoUser } from '../demo/demo-user.ts'
import type { Target } from '../target.ts'

/** Who the end-to-end suite signs in as. */
export interface SuiteUser {
  email: string
  password: string
  /** The laptop's demo user may be gone with its cloud; one that was given must exist. */
  given: boolean
}

/** The user of `CLARITY_SUITE_EMAIL` and `CLARITY_SUITE_PASSWORD`, or the laptop's demo user; undefined without one. */
export function findSuiteUser(
  { environment, state }: Pick<Target, 'environment' | 'state'>,
  variables: Record<string, string | undefined>,
): SuiteUser | undefined {
  const { CLARITY_SUITE_EMAIL: email, CLARITY_SUITE_PASSWORD: password } = variables
  if (email && password) return { email, password, given: true }
  const demo = environment.name === 'local' ? recallDemoUser(state) : undefined
  return demo && { ...demo, given: false }
}
