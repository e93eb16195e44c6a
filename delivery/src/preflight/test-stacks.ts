import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ENVIRONMENTS, type Environment, namesOf } from '@clarity/environments'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { type HandedOnValues, readHandedOn } from '../aws/parameters.ts'
import { createRegistry } from '../aws/registry.ts'
import { digestOf, imageManifest, MEDIA_TYPES } from '../image/oci.ts'
import { createRegistryClient } from '../image/registry-client.ts'
import { applyStacks } from '../infra/apply-stacks.ts'

/** A cloud of its own with the local environment's stacks on it, on free ports. */
export interface TestStacks {
  cloud: TestCloud
  environment: Environment
  handedOn: HandedOnValues
  /** Pushes an image of nothing but a configuration. @returns its digest */
  pushImage(architecture: string, tag: string): Promise<string>
}

export async function startStacks(): Promise<TestStacks> {
  const cloud = await startTestCloud()
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
  await applyStacks({ environment, access: cloud.client, emit: () => {}, pollMs: 20 })

  async function pushImage(architecture: string, tag: string): Promise<string> {
    const { endpoint, authorization } = await createRegistry(cloud.client).login()
    const { repository } = namesOf(environment)
    const registry = createRegistryClient({ endpoint, authorization, repository })
    const text = JSON.stringify({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: [] } })
    const path = join(cloud.state, `${tag}.json`)
    await writeFile(path, text)
    const config = { mediaType: MEDIA_TYPES.config, digest: digestOf(text), size: text.length }
    await registry.uploadBlob({ ...config, path })
    return registry.putManifest(tag, imageManifest(config, []))
  }

  return { cloud, environment, handedOn: await readHandedOn(cloud.client, environment), pushImage }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
