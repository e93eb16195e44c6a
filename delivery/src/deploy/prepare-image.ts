import { namesOf } from '@clarity/environments'
import { createRegistry, type Registry } from '../aws/registry.ts'
import { createSigningKey } from '../aws/signing-key.ts'
import { hostPlatform } from '../image/base-layer.ts'
import { type BuildInput, buildImage, type Image } from '../image/build-image.ts'
import { imageTag } from '../image/image-tag.ts'
import type { Descriptor } from '../image/oci.ts'
import { publishImage } from '../image/publish-image.ts'
import type { Pushed } from '../image/push-image.ts'
import { createRegistryClient } from '../image/registry-client.ts'
import { identify } from '../lock/identify.ts'
import type { Target } from '../target.ts'
import { runStep } from '../ui/events.ts'
import type { ReleaseWorld } from './prepare.ts'

type World = Pick<ReleaseWorld, 'target' | 'access' | 'environment' | 'emit' | 'handedOn' | 'variables'> & {
  signal?: AbortSignal
}

/** The image of the checkout, in the environment's registry: built, signed and pushed only when it is not there yet. */
export async function prepareImage(world: World): Promise<{ digest: string; tag: string; built: boolean }> {
  const { repository } = namesOf(world.environment)
  const tag = await imageTag(world.target.root)
  const known = await createRegistry(world.access).digest(repository, { tag })
  if (known) return { digest: known, tag, built: false }
  const { image } = await buildAndPublish(world)
  return { digest: image.manifestDigest, tag, built: true }
}

/** Builds the image of the checkout for an environment, and publishes it there with what is attached to it. */
export async function buildAndPublish(world: World): Promise<{ image: Image; pushed: Pushed }> {
  const { target, emit, environment, signal, variables } = world
  const { repository } = namesOf(environment)
  const registry = createRegistry(world.access)
  const image = await runStep(
    emit,
    'image.build',
    `build the image of ${await imageTag(target.root)} as OCI, without Docker`,
    step =>
      buildImage({
        repositoryRoot: target.root,
        outputFolder: `${target.state}/image`,
        ...imageFor(target),
        debian: {
          mirror: variables.CLARITY_DEBIAN_MIRROR,
          pull: (blob, path) => pullBlob(registry, repository, blob, path),
        },
        onProgress: step.progress,
      }),
    built => `${built.manifestDigest.slice(0, 19)}, own layer ${(built.appLayerBytes / 1e6).toFixed(1)} MB`,
  )
  const pushed = await runStep(
    emit,
    'image.push',
    `sign it, and push it to ${repository}`,
    async step => {
      const { endpoint, authorization } = await registry.login()
      return publishImage({
        registryEndpoint: endpoint,
        authorization,
        repository,
        image,
        key: createSigningKey(world.access, environment, world.handedOn['signing-key-arn']),
        ...builderOf(variables),
        now: new Date().toISOString(),
        signal,
        onProgress: step.progress,
      })
    },
    ({ uploaded }) =>
      uploaded.length === 0 ? 'all blobs were there' : `${uploaded.length} blobs, ${megabytes(uploaded)}`,
  )
  return { image, pushed }
}

/** AWS's containers are empty and x86; a task of the local cloud is a process of this machine, with its C library. */
export function imageFor({
  onLocalCloud,
}: Pick<Target, 'onLocalCloud'>): Pick<BuildInput, 'platform' | 'base'> {
  return onLocalCloud ? { platform: hostPlatform(), base: 'thin' } : { platform: 'linux/amd64', base: 'full' }
}

async function pullBlob(
  registry: Registry,
  repository: string,
  blob: Descriptor,
  path: string,
): Promise<boolean> {
  const client = createRegistryClient({ ...(await registry.login()), repository })
  if ((await client.blobSize(blob.digest)) !== blob.size) return false
  await client.downloadBlob(blob, path)
  return true
}

/** Who builds: the workflow by its file and ref, which GitHub sets, or a person at a machine. */
function builderOf(variables: Record<string, string | undefined>): { builder: string; invocation?: string } {
  const { GITHUB_ACTIONS, GITHUB_SERVER_URL, GITHUB_WORKFLOW_REF, GITHUB_REPOSITORY, GITHUB_RUN_ID } =
    variables
  if (GITHUB_ACTIONS === 'true' && GITHUB_WORKFLOW_REF)
    return {
      builder: `${GITHUB_SERVER_URL}/${GITHUB_WORKFLOW_REF}`,
      invocation: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`,
    }
  const { who, host } = identify(variables)
  return { builder: `clarity:local/${encodeURIComponent(who)}@${encodeURIComponent(host)}` }
}

function megabytes(blobs: { size: number }[]): string {
  return `${(blobs.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1)} MB`
}
