import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { openWorld } from '../deploy/prepare.ts'
import { makePlan } from '../plan/make-plan.ts'
import { planLines } from '../plan/report.ts'
import { chooseTarget } from '../target.ts'

/** `clarity plan <env>`: what a release of this checkout would change and how long it takes; changes nothing itself. */
export const run: RunCommand = async ({ emit, root, variables, signal, positionals: [name = ''] }) => {
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal)
  const plan = await makePlan(world)
  emit({ type: 'result', text: planLines(plan).join('\n'), data: plan })
  return EXIT.succeeded
}
