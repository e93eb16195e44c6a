import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cloud, type CloudOptions, startCloud } from './cloud.ts'

export interface TestCloud extends Cloud {
  /** Configuration for any AWS SDK v3 client: `new SQSClient(cloud.client)`. */
  client: {
    endpoint: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string }
    maxAttempts: number
  }
  state: string
  /** Stops the cloud and starts another on its state, which is removed with the last of them. */
  restart(): Promise<TestCloud>
  /** Stops the cloud and removes its state. */
  dispose(): Promise<void>
}

/** A cloud of its own on a free port with state in a temporary folder; `state` given: that folder is kept. */
export async function startTestCloud(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), 'local-cloud-')))
  return startOn(state, options, !options.state)
}

async function startOn(state: string, options: Partial<CloudOptions>, owned: boolean): Promise<TestCloud> {
  const cloud = await startCloud({ speed: 600, ...options, state })
  const { accessKeyId, secretAccessKey } = cloud.key
  return {
    ...cloud,
    state,
    client: {
      endpoint: cloud.endpoint,
      region: options.region ?? 'us-east-1',
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    },
    restart: async () => {
      await cloud.stop()
      return startOn(state, options, owned)
    },
    dispose: async () => {
      await cloud.stop()
      if (owned) await rm(state, { recursive: true, force: true })
    },
  }
}
