import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { deployCheckout } from '../deploy/deploy-checkout.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { outcomeWords } from '../deploy/outcome.ts'
import { openWorld, planRelease, prepareImage } from '../deploy/prepare.ts'
import { chooseTarget } from '../target.ts'

/** `clarity deploy <env>`: the checkout, as it is, becomes what serves. */
export const run: RunCommand = async ({
  emit,
  root,
  variables,
  signal,
  values,
  positionals: [name = ''],
}) => {
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal)
  if (values['dry-run']) {
    const image = await prepareImage(world)
    const { release, current } = await planRelease(world, image)
    const same = release.name === current
    const text = same
      ? `${release.name} serves already`
      : `would release ${release.name} in place of ${current ?? 'nothing'}`
    emit({ type: 'result', text, data: { release: release.name, current, digest: release.digest } })
    return EXIT.succeeded
  }
  const { release, outcome } = await deployCheckout(world)
  if (outcome) requireSuccess(outcome.verdict, name)
  const text = outcome ? `${release} ${outcomeWords(outcome)}` : `${release} serves already; nothing to do`
  emit({ type: 'result', text, data: { release, outcome } })
  return EXIT.succeeded
}
