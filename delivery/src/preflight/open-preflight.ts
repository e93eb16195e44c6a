import { namesOf } from '@clarity/environments'
import { createAlarms } from '../aws/alarms.ts'
import type { Ecs } from '../aws/ecs.ts'
import { createIdentity } from '../aws/identity.ts'
import { createImagePlatforms } from '../aws/image-platforms.ts'
import { createLogGroups } from '../aws/log-groups.ts'
import { createNetwork } from '../aws/network.ts'
import type { HandedOnValues } from '../aws/parameters.ts'
import { createQuotas } from '../aws/quotas.ts'
import { createRegistry } from '../aws/registry.ts'
import { createRoles } from '../aws/roles.ts'
import { createSecrets } from '../aws/secrets.ts'
import { createSigningKey } from '../aws/signing-key.ts'
import { createTrafficSettings } from '../aws/traffic-settings.ts'
import { taskArchitecture } from '../deploy/prepare.ts'
import { readChain } from '../evidence/chain.ts'
import { checkDrill } from '../evidence/check-drill.ts'
import { imageTag } from '../image/image-tag.ts'
import { renderRelease } from '../release/task-definitions.ts'
import { type Access, access as accessTo, type Target } from '../target.ts'
import type { PreflightWorld } from './check.ts'

/** Stands for the digest of an image that is not built yet; nothing is registered with it. */
export const OPEN_DIGEST = `sha256:${'0'.repeat(64)}`

/**
 * What preflight looks at, for the release that the checkout would make.
 * @param image the release's image; found by the checkout's tag when absent
 */
export async function openPreflight(
  world: { target: Target; access: Access; handedOn: HandedOnValues; ecs: Ecs },
  image?: { tag: string; digest: string },
): Promise<PreflightWorld> {
  const { target, access, handedOn, ecs } = world
  const { environment } = target
  const registry = createRegistry(access)
  const tag = image?.tag ?? (await imageTag(target.root))
  const digest = image?.digest ?? (await knownDigest(namesOf(environment).repository, tag))

  /** A registry that cannot be asked is the image check's to report. */
  async function knownDigest(repository: string, wanted: string): Promise<string | undefined> {
    return registry.digest(repository, { tag: wanted }).catch(() => undefined)
  }

  return {
    environment,
    onLocalCloud: target.onLocalCloud,
    handedOn,
    ecs,
    image: { tag, digest },
    release: renderRelease({
      environment,
      handedOn,
      tag,
      digest: digest ?? OPEN_DIGEST,
      architecture: taskArchitecture(target),
    }),
    registry,
    signingKey: createSigningKey(access, environment, handedOn['signing-key-arn']),
    identity: createIdentity(access),
    roles: createRoles(access),
    secrets: createSecrets(access),
    images: createImagePlatforms(access),
    logGroups: createLogGroups(access),
    network: createNetwork(access),
    traffic: createTrafficSettings(access),
    alarms: createAlarms(access),
    quotas: createQuotas(access),
    drill: requiredDrill(target),
  }
}

function requiredDrill({ environment, neighbour }: Target): PreflightWorld['drill'] {
  const where = environment.deployment.drillRequired
  if (!where) return undefined
  return {
    where,
    standing: async () => {
      const there = neighbour?.(where)
      if (!there) throw new Error(`${where} cannot be reached from here`)
      const chain = await readChain({ environment: there.environment, access: await accessTo(there) })
      return checkDrill(chain, Date.now())
    },
  }
}
