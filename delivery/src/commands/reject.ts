import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import type { Attached } from '../deploy/attach.ts'
import { decide } from '../deploy/decide.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { explainingInterrupt } from '../deploy/interrupted.ts'
import { outcomeWords } from '../deploy/outcome.ts'
import type { ReleaseWorld } from '../deploy/prepare.ts'
import { rejectionEvidence } from '../evidence/requests.ts'
import { withEvidence } from '../evidence/with-evidence.ts'
import { foresee, openDecision } from './approve.ts'

/** `clarity reject <env> [--release r]`: what waits for a person is rolled back, which is this verb's success. */
export const run: RunCommand = async invocation => {
  const { world, name, wanted } = await openDecision(invocation)
  if (invocation.values['dry-run']) return foresee(world, 'rejected', wanted)
  const { release, outcome } = await withEvidence<ReleaseWorld, Attached>(
    world,
    rejectionEvidence(world),
    watched => explainingInterrupt(watched, () => decide(watched, 'rejected', wanted)),
  )
  if (outcome.verdict.kind !== 'rolled-back') requireSuccess(outcome.verdict, name, outcome.diagnosis)
  const served = outcome.verdict.kind === 'succeeded'
  invocation.emit({
    type: 'result',
    text: `${release} ${served ? 'serves all the same: look at clarity status' : outcomeWords(outcome)}`,
    data: { release, outcome },
  })
  return served ? EXIT.failed : EXIT.succeeded
}
