import { namesOf } from '@clarity/environments'
import { createRegistry } from '../aws/registry.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { openWorld, planRelease } from '../deploy/prepare.ts'
import { ClarityError } from '../errors.ts'
import { imageTag } from '../image/image-tag.ts'
import { chooseTarget } from '../target.ts'

/** `clarity render <env>`: what `clarity deploy` would register, without building or changing anything. */
export const run: RunCommand = async ({ emit, root, variables, signal, positionals: [name = ''] }) => {
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal)
  const tag = await imageTag(root)
  const digest = await createRegistry(world.access).digest(namesOf(world.environment).repository, { tag })
  if (!digest)
    throw new ClarityError(
      'no_image',
      `the registry has no image of ${tag}`,
      `push it first: clarity deploy ${name}`,
    )
  const { release } = await planRelease(world, { digest, tag })
  const { api, worker } = release
  emit({ type: 'result', text: JSON.stringify({ api, worker }, null, 2), data: { api, worker } })
  return EXIT.succeeded
}
