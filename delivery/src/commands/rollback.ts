import { namesOf } from '@clarity/environments'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { isTerminal } from '../deploy/follow.ts'
import { outcomeWords } from '../deploy/outcome.ts'
import { openWorld } from '../deploy/prepare.ts'
import { listReleases } from '../deploy/releases.ts'
import { chooseShipment, takeBack } from '../deploy/take-back.ts'
import { chooseTarget } from '../target.ts'
import { formatSeconds } from '../ui/render.ts'

/** `clarity rollback <env> [--to release]`: back on what worked. */
export const run: RunCommand = async ({
  emit,
  root,
  variables,
  signal,
  values,
  positionals: [name = ''],
}) => {
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal)
  const wanted = values.to as string | undefined
  if (values['dry-run']) {
    const { cluster, apiService } = namesOf(world.environment)
    const records = await listReleases(world.ecs, cluster, apiService)
    const [newest] = records
    const stops = newest && !isTerminal(newest.status) && wanted === undefined
    const text = stops
      ? `would stop the deployment of ${newest.release} (${newest.status})`
      : `would release ${(await chooseShipment(world, records, wanted)).release} again`
    emit({ type: 'result', text, data: { records } })
    return EXIT.succeeded
  }
  const back = await takeBack(world, wanted)
  if (back.kind === 'returned') requireSuccess(back.outcome.verdict, name)
  const text =
    back.kind === 'stopped'
      ? `stopped; ${back.restored ?? 'what was there before'} serves, after ${formatSeconds(back.seconds)}`
      : `${back.release} ${outcomeWords(back.outcome)}, after ${formatSeconds(back.seconds)}`
  emit({ type: 'result', text, data: back })
  return EXIT.succeeded
}
