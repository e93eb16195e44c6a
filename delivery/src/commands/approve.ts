import type { Invocation, RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import type { Attached } from '../deploy/attach.ts'
import { decide, findTested } from '../deploy/decide.ts'
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
  if (invocation.values['dry-run']) return foresee(world, 'approved', wanted)
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

/** What a decision would be on; nothing is decided. */
export async function foresee(
  world: ReleaseWorld,
  state: 'approved' | 'rejected',
  wanted: string | undefined,
): Promise<number> {
  const approval = await findTested(world, state, wanted)
  const { release, digest, passed, testedBy, testedAt } = approval
  const does = state === 'approved' ? 'let into production' : 'roll back'
  const text = [
    `would ${does} ${release} (${digest}), which is ${approval.state}`,
    `tested by ${testedBy} at ${testedAt.toISOString()}: ${passed.length} checks passed`,
    ...passed.map(name => `  ✓ ${name}`),
  ]
  world.emit({ type: 'result', text: text.join('\n'), data: approval })
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
