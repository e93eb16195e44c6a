import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ENVIRONMENTS } from '../../environments/src/index.ts'
import type { Laptop } from './laptop.ts'

/** How the laptop's AWS is reached by any SDK client. */
export interface AwsAccess {
  region: string
  endpoint: string
  credentials: { accessKeyId: string; secretAccessKey: string }
}

/** The way to the AWS of a laptop that is up. */
export async function accessTo(laptop: Laptop): Promise<AwsAccess> {
  const { endpoint, accessKeyId, secretAccessKey } = JSON.parse(
    await readFile(join(laptop.state, 'cloud/connection.json'), 'utf8'),
  )
  const { region } = ENVIRONMENTS.local
  return { region, endpoint, credentials: { accessKeyId, secretAccessKey } }
}
