import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import type { Verdict } from '../release/verdict.ts'

/** Ends a command by its verdict: returns for success, throws what names the cause and the next step otherwise. */
export function requireSuccess(verdict: Verdict, environment: string): void {
  const look = `look at 'clarity status ${environment}' and 'clarity logs ${environment}'`
  switch (verdict.kind) {
    case 'succeeded':
      return
    case 'rolled-back':
      throw new ClarityError(
        'rolled_back',
        `rolled back: ${verdict.reason}`,
        `what served before still serves; mend the cause, ${look}`,
        {
          exitCode: EXIT.rolledBack,
        },
      )
    case 'superseded':
      throw new ClarityError('superseded', `another deployment took over: ${verdict.by}`, look, {
        exitCode: EXIT.superseded,
      })
    case 'timed-out':
      throw new ClarityError(
        'timed_out',
        `the deployment has not ended; it is at ${verdict.stage}`,
        `it goes on without this command; ${look}`,
        {
          exitCode: EXIT.timedOut,
        },
      )
    case 'failed':
      throw new ClarityError('deployment_failed', verdict.reasons.join('; '), look)
  }
}
