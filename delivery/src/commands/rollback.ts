import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { explainingInterrupt } from '../deploy/interrupted.ts'
import { outcomeWords } from '../deploy/outcome.ts'
import { openWorld } from '../deploy/prepare.ts'
import { foresee, type Takeback, takeBack } from '../deploy/take-back.ts'
import { rollbackEvidence } from '../evidence/requests.ts'
import { withEvidence } from '../evidence/with-evidence.ts'
import { chooseTarget } from '../target.ts'
import { formatSeconds } from '../ui/render.ts'
import { waitSeconds } from './deploy.ts'

/** `clarity rollback <env> [--to release]`: back on what worked. */
export const run: RunCommand = async invocation => {
  const { emit, root, variables, signal, values, positionals } = invocation
  const [name = ''] = positionals
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal, variables)
  const wanted = values.to as string | undefined
  if (values['dry-run']) {
    emit({ type: 'result', ...(await foresee(world, wanted)) })
    return EXIT.succeeded
  }
  const wait = waitSeconds(invocation)
  const back = await withEvidence(world, rollbackEvidence(world), watched =>
    explainingInterrupt(watched, () => takeBack(watched, { wanted, waitSeconds: wait })),
  )
  if (back.kind === 'returned') requireSuccess(back.outcome.verdict, name, back.outcome.diagnosis)
  emit({ type: 'result', text: words(back), data: back })
  return EXIT.succeeded
}

/** Times are from the start of the command. */
function words(back: Takeback): string {
  const took = `done after ${formatSeconds(back.seconds)}`
  const weights =
    back.weightsSeconds === undefined ? '' : `all weight on it after ${formatSeconds(back.weightsSeconds)}, `
  if (back.kind === 'stopped')
    return `stopped; ${back.restored ?? 'what was there before'} serves: ${weights}${took}`
  const predicted =
    back.predictedSeconds === undefined ? '' : `predicted ${formatSeconds(back.predictedSeconds)}, `
  return `${back.release} ${outcomeWords(back.outcome)}: ${weights}${predicted}${took}`
}
