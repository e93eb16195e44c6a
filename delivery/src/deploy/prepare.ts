import { arch } from 'node:process'
import { namesOf } from '@clarity/environments'
import { createApprovalTable } from '../aws/approval-table.ts'
import { createEcs, type Ecs } from '../aws/ecs.ts'
import { createLoadBalancing, type LoadBalancing } from '../aws/load-balancing.ts'
import { createLogs } from '../aws/logs.ts'
import { type HandedOnValues, readHandedOn } from '../aws/parameters.ts'
import { createRegistry } from '../aws/registry.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { hostPlatform } from '../image/base-layer.ts'
import { buildImage } from '../image/build-image.ts'
import { imageTag } from '../image/image-tag.ts'
import { pushImage } from '../image/push-image.ts'
import { identify } from '../lock/identify.ts'
import { pollMs } from '../poll.ts'
import { type Release, releaseOf, renderRelease } from '../release/task-definitions.ts'
import { type Access, access, type Target } from '../target.ts'
import { type Emit, runStep } from '../ui/events.ts'
import type { ShipContext } from './ship.ts'
import { findSuiteUser } from './suite-user.ts'

/** Everything that the verbs of a release work with. */
export interface ReleaseWorld extends ShipContext {
  target: Target
  access: Access
  handedOn: HandedOnValues
  ecs: Ecs
  loadBalancing: LoadBalancing
}

export async function openWorld(
  target: Target,
  emit: Emit,
  signal: AbortSignal,
  variables: Record<string, string | undefined> = {},
): Promise<ReleaseWorld> {
  const to = await access(target)
  const { environment } = target
  const asked = {
    access: to,
    environment,
    ecs: createEcs(to),
    loadBalancing: createLoadBalancing(to),
    logs: createLogs(to),
  }
  return {
    ...asked,
    approvals: createApprovalTable(to, environment),
    suiteUser: findSuiteUser(target, variables),
    identity: identify(variables),
    // heavy, and needed only when something fails
    explain: async (part, deployment) => (await import('./explain.ts')).explain(asked, part, deployment),
    target,
    handedOn: await readHandedOn(to, environment),
    emit,
    signal,
    pollMs: pollMs(environment),
  }
}

/** The image of the checkout, in the environment's registry: built and pushed only when it is not there yet. */
export async function prepareImage(
  world: ReleaseWorld,
): Promise<{ digest: string; tag: string; built: boolean }> {
  const { target, emit, environment } = world
  const { repository } = namesOf(environment)
  const registry = createRegistry(world.access)
  const tag = await imageTag(target.root)
  const known = await registry.digest(repository, { tag })
  if (known) return { digest: known, tag, built: false }
  requireLocalCloud(target, tag)
  const image = await runStep(
    emit,
    'image.build',
    `build the image of ${tag} as OCI, without Docker`,
    step =>
      buildImage({
        repositoryRoot: target.root,
        outputFolder: `${target.state}/image`,
        platform: hostPlatform(),
        onProgress: step.progress,
      }),
    built => `${built.manifestDigest.slice(0, 19)}, own layer ${(built.appLayerBytes / 1e6).toFixed(1)} MB`,
  )
  await runStep(
    emit,
    'image.push',
    `push it to ${repository}`,
    async step => {
      const { endpoint, authorization } = await registry.login()
      return pushImage({
        registryEndpoint: endpoint,
        authorization,
        repository,
        tag,
        image,
        onProgress: step.progress,
      })
    },
    ({ uploaded }) =>
      uploaded.length === 0 ? 'all blobs were there' : `${uploaded.length} blobs, ${megabytes(uploaded)}`,
  )
  return { digest: image.manifestDigest, tag, built: true }
}

/** The release that this checkout makes in this environment, and the one that the API service has now. */
export async function planRelease(
  world: ReleaseWorld,
  image: { digest: string; tag: string },
): Promise<{ release: Release; current?: string }> {
  const { environment, handedOn, ecs } = world
  const names = namesOf(environment)
  const release = renderRelease({
    environment,
    handedOn,
    ...image,
    architecture: taskArchitecture(world.target),
  })
  const service = await ecs.service(names.cluster, names.apiService)
  const current = service?.taskDefinition && releaseOf(await ecs.taskDefinition(service.taskDefinition))
  return { release, current: current || undefined }
}

/** AWS runs x86; the local cloud runs what this machine is. */
export function taskArchitecture({ onLocalCloud }: Target): 'X86_64' | 'ARM64' {
  return onLocalCloud && arch === 'arm64' ? 'ARM64' : 'X86_64'
}

/**
 * The image that is built here holds Node and no C library: the local cloud's tasks use the machine's own, an empty
 * container has none. Elsewhere an image must have been pushed by whoever builds on a base that has one.
 * @throws ClarityError `no_image` (exit code 9)
 */
function requireLocalCloud({ onLocalCloud, environment }: Target, tag: string): void {
  if (onLocalCloud) return
  throw new ClarityError(
    'no_image',
    `the registry of ${environment.name} has no image of ${tag}, and the one that is built here runs on the local cloud alone`,
    `build on a base with glibc and libstdc++ (the layer /app of 'clarity build' on it), push it as ${namesOf(environment).repository}:${tag}, then run this again`,
    { exitCode: EXIT.preflightFailed },
  )
}

function megabytes(blobs: { size: number }[]): string {
  return `${(blobs.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1)} MB`
}
