import type { Invocation, RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { deployCheckout } from '../deploy/deploy-checkout.ts'
import type { Deployed } from '../deploy/deploy-image.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { explainingInterrupt } from '../deploy/interrupted.ts'
import { outcomeWords } from '../deploy/outcome.ts'
import { openWorld, planRelease, type ReleaseWorld } from '../deploy/prepare.ts'
import { prepareImage } from '../deploy/prepare-image.ts'
import { ClarityError } from '../errors.ts'
import { deploymentEvidence } from '../evidence/requests.ts'
import { withEvidence } from '../evidence/with-evidence.ts'
import { chooseTarget } from '../target.ts'

/** `clarity deploy <env>`: the checkout, as it is, becomes what serves; `--attach` follows what is under way. */
export const run: RunCommand = async invocation => {
  const { emit, root, variables, signal, values, positionals } = invocation
  const [name = ''] = positionals
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal, variables)
  if (values['dry-run']) return foresee(world)
  const waitForApproval = values['wait-approval'] === true
  const wait = waitSeconds(invocation)
  const { release, digest, outcome } = await withEvidence(world, deploymentEvidence(world), watched =>
    explainingInterrupt(watched, async (): Promise<Deployed> => {
      if (values.attach) return (await import('../deploy/attach.ts')).attach(watched, { waitForApproval })
      return deployCheckout(watched, { waitSeconds: wait, waitForApproval })
    }),
  )
  if (outcome) requireSuccess(outcome.verdict, name, outcome.diagnosis)
  const text = outcome ? `${release} ${outcomeWords(outcome)}` : `${release} serves already; nothing to do`
  emit({ type: 'result', text, data: { release, digest, outcome } })
  return EXIT.succeeded
}

/** @throws ClarityError `usage` */
export function waitSeconds({ values }: Pick<Invocation, 'values'>): number {
  const seconds = Number(values.wait ?? 0)
  if (Number.isFinite(seconds) && seconds >= 0) return seconds
  throw new ClarityError(
    'usage',
    `'${values.wait}' is no number of seconds`,
    'give --wait 600, for instance',
    {
      exitCode: EXIT.usage,
    },
  )
}

async function foresee(world: ReleaseWorld): Promise<number> {
  const { release, current } = await planRelease(world, await prepareImage(world))
  const text =
    release.name === current
      ? `${release.name} serves already`
      : `would release ${release.name} in place of ${current ?? 'nothing'}`
  world.emit({ type: 'result', text, data: { release: release.name, current, digest: release.digest } })
  return EXIT.succeeded
}
