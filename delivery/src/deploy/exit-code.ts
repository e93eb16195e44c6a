import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import type { Diagnosis } from '../release/diagnosis/diagnose.ts'
import type { Verdict } from '../release/verdict.ts'
import { verdictWords } from './outcome.ts'

/** Ends a command by its outcome: returns for success, throws what names the cause and the next step otherwise. */
export function requireSuccess(verdict: Verdict, environment: string, diagnosis?: Diagnosis): void {
  const whole = `the whole story: clarity diagnose ${environment}`
  const cause = diagnosis?.cause
  const mend = cause ? `${cause.fix}; ${whole}` : whole
  const evidence = cause ? [cause.cause, ...cause.evidence] : (diagnosis?.unexplained ?? [])
  switch (verdict.kind) {
    case 'succeeded':
      return
    case 'needs-approval':
      throw new ClarityError(
        'needs_approval',
        `${verdict.release} ${verdictWords(verdict)}`,
        `clarity approve ${environment} --release ${verdict.release} (or: clarity reject ${environment} --release ${verdict.release})`,
        {
          exitCode: EXIT.needsApproval,
          evidence: [verdict.digest, ...verdict.passed.map(name => `passed ${name}`)],
        },
      )
    case 'rolled-back':
      throw new ClarityError(
        'rolled_back',
        `rolled back: ${verdict.reason}`,
        `what served before still serves; ${mend}`,
        {
          exitCode: EXIT.rolledBack,
          evidence: evidence.filter(line => line !== verdict.reason),
        },
      )
    case 'superseded':
      throw new ClarityError(
        'superseded',
        `someone else started another deployment meanwhile: ${verdict.by}`,
        `follow it: clarity deploy ${environment} --attach; what runs: clarity status ${environment}`,
        { exitCode: EXIT.superseded },
      )
    case 'timed-out':
      throw new ClarityError(
        'timed_out',
        `the deployment has not ended; it is at ${verdict.stage}`,
        `it goes on without this command; follow it: clarity deploy ${environment} --attach; take it back: clarity rollback ${environment}; ${mend}`,
        { exitCode: EXIT.timedOut, evidence },
      )
    case 'failed':
      throw new ClarityError('deployment_failed', verdict.reasons.join('; '), mend, {
        evidence: evidence.filter(line => !verdict.reasons.includes(line)),
      })
  }
}
