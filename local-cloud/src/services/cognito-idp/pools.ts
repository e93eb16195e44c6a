import { generateKeyPair, randomBytes, randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import type { ServiceContext } from '../../core/service.ts'
import { notFound } from './cognito-errors.ts'
import type { ClientRecord, PoolRecord, PoolSettings } from './records.ts'

const makeKey = promisify(generateKeyPair)

/** The pools and their clients, as they are kept. */
export interface Pools {
  /** @throws AwsError `ResourceNotFoundException` */
  pool(id: string | undefined): PoolRecord
  find(id: string): PoolRecord | undefined
  /** Makes the pool's RSA key too. */
  create(settings: PoolSettings): Promise<PoolRecord>
  save(pool: PoolRecord): void
  delete(pool: PoolRecord): void
  all(): PoolRecord[]
  /** @throws AwsError `ResourceNotFoundException`, also for a client of another pool */
  client(id: string | undefined, poolId?: string): ClientRecord
  createClient(poolId: string, settings: ClientRecord['settings'], withSecret: boolean): ClientRecord
  saveClient(client: ClientRecord): void
  deleteClient(client: ClientRecord): void
  clients(poolId: string): ClientRecord[]
}

export function createPools({ store, clock, region, accountId }: ServiceContext): Pools {
  const pools = store.collection<PoolRecord>('cognito-idp', 'pool')
  const clients = store.collection<ClientRecord>('cognito-idp', 'client')

  function pool(id: string | undefined): PoolRecord {
    const found = id ? pools.get(id) : undefined
    if (!found) throw notFound(`User pool ${id} does not exist.`)
    return found
  }

  async function create(settings: PoolSettings): Promise<PoolRecord> {
    const { privateKey } = await makeKey('rsa', { modulusLength: 2048 })
    const id = `${region}_${randomText(9, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')}`
    const now = clock.now()
    const made: PoolRecord = {
      id,
      arn: `arn:aws:cognito-idp:${region}:${accountId}:userpool/${id}`,
      settings,
      totpEnabled: false,
      createdAt: now,
      modifiedAt: now,
      keyId: randomBytes(32).toString('base64'),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
    pools.put(id, made)
    return made
  }

  function client(id: string | undefined, poolId?: string): ClientRecord {
    const found = id ? clients.get(id) : undefined
    if (!found || (poolId !== undefined && found.poolId !== poolId))
      throw notFound(`User pool client ${id} does not exist.`)
    return found
  }

  function createClient(
    poolId: string,
    settings: ClientRecord['settings'],
    withSecret: boolean,
  ): ClientRecord {
    const lower = 'abcdefghijklmnopqrstuvwxyz0123456789'
    const now = clock.now()
    const made: ClientRecord = {
      id: randomText(26, lower),
      poolId,
      secret: withSecret ? randomText(51, lower) : undefined,
      settings,
      createdAt: now,
      modifiedAt: now,
    }
    clients.put(made.id, made)
    return made
  }

  return {
    pool,
    find: id => pools.get(id),
    create,
    save: record => pools.put(record.id, { ...record, modifiedAt: clock.now() }),
    delete: record => {
      for (const owned of clients.list()) if (owned.poolId === record.id) clients.delete(owned.id)
      pools.delete(record.id)
    },
    all: () => pools.list(),
    client,
    createClient,
    saveClient: record => clients.put(record.id, { ...record, modifiedAt: clock.now() }),
    deleteClient: record => void clients.delete(record.id),
    clients: poolId => clients.list().filter(record => record.poolId === poolId),
  }
}

function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
