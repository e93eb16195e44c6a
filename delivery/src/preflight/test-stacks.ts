import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ENVIRONMENTS, type Environment, namesOf } from '@clarity/environments'
import { type HandedOnValues, readHandedOn } from '../aws/parameters.ts'
import { createRegistry } from '../aws/registry.ts'
import { createSigningKey, type SigningKey } from '../aws/signing-key.ts'
import { attachSigned } from '../image/attestations.ts'
import { digestOf, imageManifest, MEDIA_TYPES } from '../image/oci.ts'
import { PREDICATE_TYPE } from '../image/provenance.ts'
import { createRegistryClient } from '../image/registry-client.ts'
import { applyStacks, synthesizeStacks } from '../infra/apply-stacks.ts'
import type { Access } from '../target.ts'

/** The local environment's stacks on a cloud of a test, with its listeners on free ports. */
export interface TestStacks {
  environment: Environment
  handedOn: HandedOnValues
  /** Pushes an image of nothing but a configuration, signed unless asked otherwise. @returns its digest */
  pushImage(architecture: string, tag: string, options?: PushOptions): Promise<string>
}

/** How the image of a test is signed. */
export interface PushOptions {
  /** @default true */
  signed?: boolean
  /** What its signed provenance speaks of. @default its own digest */
  about?: string
  /** Who signs. @default the environment's key */
  key?: SigningKey
}

/** @param cloud as `startTestCloud` gives it */
export async function applyTestStacks(cloud: {
  client: Access
  endpoint: string
  state: string
}): Promise<TestStacks> {
  const [http, preview] = [await freePort(), await freePort()]
  const { loadBalancer } = ENVIRONMENTS.local
  const environment: Environment = {
    ...ENVIRONMENTS.local,
    endpoint: cloud.endpoint,
    loadBalancer: {
      ...loadBalancer,
      production: { port: http, protocol: 'HTTP' },
      test: { port: preview, protocol: 'HTTP' },
    },
  }
  const emit = () => {}
  const templates = await synthesizeStacks(environment, emit)
  await applyStacks({ environment, templates, access: cloud.client, emit, pollMs: 20 })

  const handedOn = await readHandedOn(cloud.client, environment)

  async function pushImage(
    architecture: string,
    tag: string,
    { signed = true, about, key }: PushOptions = {},
  ): Promise<string> {
    const { endpoint, authorization } = await createRegistry(cloud.client).login()
    const { repository } = namesOf(environment)
    const registry = createRegistryClient({ endpoint, authorization, repository })
    const text = JSON.stringify({
      os: 'linux',
      architecture,
      config: { Labels: { tag } },
      rootfs: { type: 'layers', diff_ids: [] },
    })
    const path = join(cloud.state, `${tag}.json`)
    await writeFile(path, text)
    const config = { mediaType: MEDIA_TYPES.config, digest: digestOf(text), size: text.length }
    await registry.uploadBlob({ ...config, path })
    const manifest = imageManifest(config, [])
    const digest = await registry.putManifest(tag, manifest)
    const statement = JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: repository, digest: { sha256: (about ?? digest).slice('sha256:'.length) } }],
      predicateType: PREDICATE_TYPE,
      predicate: { buildDefinition: { externalParameters: { revision: tag } } },
    })
    if (signed)
      await attachSigned(
        registry,
        { mediaType: MEDIA_TYPES.manifest, digest, size: manifest.length },
        statement,
        key ?? createSigningKey(cloud.client, environment, handedOn['signing-key-arn']),
      )
    return digest
  }

  return { environment, handedOn, pushImage }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
