import type { Invocation, RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { decide } from '../deploy/decide.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { explainingInterrupt } from '../deploy/interrupted.ts'
import { outcomeWords } from '../deploy/outcome.ts'
import { openWorld, type ReleaseWorld } from '../deploy/prepare.ts'
import { chooseTarget } from '../target.ts'

/** `clarity approve <env> [--release r]`: what was tested goes on into production, and is followed to its verdict. */
export const run: RunCommand = async invocation => {
  const { world, name, wanted } = await openDecision(invocation)
  const { release, outcome } = await explainingInterrupt(world, () => decide(world, 'approved', wanted))
  requireSuccess(outcome.verdict, name, outcome.diagnosis)
  invocation.emit({
    type: 'result',
    text: `${release} ${outcomeWords(outcome)}`,
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
