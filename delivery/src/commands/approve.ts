import type { Invocation, RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import type { Attached } from '../deploy/attach.ts'
import { decide } from '../deploy/decide.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { explainingInterrupt } from '../deploy/interrupted.ts'
import { outcomeWords } from '../deploy/outcome.ts'
import { openWorld, type ReleaseWorld } from '../deploy/prepare.ts'
import { approvalEvidence } from '../evidence/requests.ts'
import { withEvidence } from '../evidence/with-evidence.ts'
import { isDrillRelease } from '../release/drill-release.ts'
import { chooseTarget } from '../target.ts'

/** `clarity approve <env> [--release r]`: what was tested goes on into production, and is followed to its verdict. */
export const run: RunCommand = async invocation => {
  const { world, name, wanted } = await openDecision(invocation)
  const { release, outcome } = await withEvidence<ReleaseWorld, Attached>(
    world,
    approvalEvidence(world),
    watched => explainingInterrupt(watched, () => decide(watched, 'approved', wanted)),
  )
  const drilled = isDrillRelease(release) && outcome.verdict.kind === 'rolled-back'
  if (!drilled) requireSuccess(outcome.verdict, name, outcome.diagnosis)
  invocation.emit({
    type: 'result',
    text: `${release} ${outcomeWords(outcome)}${drilled ? '; going back is what a drill is for' : ''}`,
    data: { release, outcome },
  })
  return EXIT.succeeded
}

/** What approving and rejecting have in common. */
export async function openDecision({
  emit,
  root,
  variables,
  signal,
  values,
  positionals: [name = ''],
}: Invocation): Promise<{ world: ReleaseWorld; name: string; wanted?: string }> {
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal, variables)
  return { world, name, wanted: values.release as string | undefined }
}
