import { imageTag } from '../image/image-tag.ts'
import { type Deployed, type DeployOptions, deployImage } from './deploy-image.ts'
import type { ReleaseWorld } from './prepare.ts'
import { prepareImage } from './prepare-image.ts'

/** Builds, pushes and releases the checkout, as it is. */
export async function deployCheckout(world: ReleaseWorld, options: DeployOptions): Promise<Deployed> {
  const tag = await imageTag(world.target.root)
  return deployImage(world, { why: 'deploy', tag, bring: prepareImage }, options)
}
