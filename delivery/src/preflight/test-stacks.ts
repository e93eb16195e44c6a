import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ENVIRONMENTS, type Environment, namesOf } from '@clarity/environments'
import { type HandedOnValues, readHandedOn } from '../aws/parameters.ts'
import { createRegistry } from '../aws/registry.ts'
import { digestOf, imageManifest, MEDIA_TYPES } from '../image/oci.ts'
import { createRegistryClient } from '../image/registry-client.ts'
import { applyStacks } from '../infra/apply-stacks.ts'
import type { Access } from '../target.ts'

/** The local environment's stacks on a cloud of a test, with its listeners on free ports. */
export interface TestStacks {
  environment: Environment
  handedOn: HandedOnValues
  /** Pushes an image of nothing but a configuration. @returns its digest */
  pushImage(architecture: string, tag: string): Promise<string>
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

  return { environment, handedOn: await readHandedOn(cloud.client, environment), pushImage }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
