import { randomBytes, randomUUID } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { newSigningKey } from './asymmetric.ts'
import type { Material } from './ciphertext.ts'

export interface Key {
  id: string
  arn: string
  description: string
  createdAt: number
  enabled: boolean
  /** When the key and its material go; milliseconds since the epoch. */
  deletionAt?: number
  rotation: boolean
  /** Days between automatic rotations. @default 365 */
  rotationDays?: number
  /** From when the days run: rotation was enabled, or the last automatic one. */
  rotationFrom?: number
  /** What came after the first material, oldest first. */
  rotations?: Rotation[]
  /** JSON text. */
  policy: string
  tags: { TagKey: string; TagValue: string }[]
  /** The first material, base64: 256 bits, or of an asymmetric key the private key as PKCS #8. */
  material: string
  /** Absent: SYMMETRIC_DEFAULT. */
  spec?: 'ECC_NIST_P256'
}

export interface Rotation {
  at: number
  kind: 'AUTOMATIC' | 'ON_DEMAND'
  material: string
}

const DAY_MS = 86_400_000

export interface Alias {
  /** With its prefix: `alias/clarity/data`. */
  name: string
  keyId: string
  createdAt: number
}

export type Keys = ReturnType<typeof createKeys>

/** Keys and aliases. A key whose deletion has fallen due is gone, material and all. */
export function createKeys(context: ServiceContext) {
  const { accountId, region, clock, store } = context
  const keys = store.collection<Key>('kms', 'key')
  const aliases = store.collection<Alias>('kms', 'alias')
  const prefix = `arn:aws:kms:${region}:${accountId}:`

  function alive(): Key[] {
    for (const key of keys.list()) {
      rotateIfDue(key)
      if (key.deletionAt === undefined || key.deletionAt > clock.now()) continue
      keys.delete(key.id)
      for (const alias of aliases.list()) if (alias.keyId === key.id) aliases.delete(alias.name)
    }
    return keys.list()
  }

  function nextRotation(key: Key): number | undefined {
    if (!key.rotation || !key.enabled || key.deletionAt !== undefined) return undefined
    return (key.rotationFrom ?? key.createdAt) + (key.rotationDays ?? 365) * DAY_MS
  }

  function rotateIfDue(key: Key): void {
    for (let next = nextRotation(key); next !== undefined && next <= clock.now(); next = nextRotation(key)) {
      key.rotationFrom = next
      rotate(key, 'AUTOMATIC', next)
    }
  }

  /** Gives a key new material, in place and in the store. */
  function rotate(key: Key, kind: Rotation['kind'], at: number): void {
    if (key.spec)
      throw new AwsError('UnsupportedOperationException', `${key.arn} is asymmetric: KMS does not rotate it`)
    key.rotations = [...(key.rotations ?? []), { at, kind, material: randomBytes(32).toString('base64') }]
    keys.put(key.id, key)
  }

  function create(settings: Pick<Key, 'description' | 'tags' | 'spec'> & { policy?: string }): Key {
    const id = randomUUID()
    const key: Key = {
      id,
      arn: `${prefix}key/${id}`,
      description: settings.description,
      createdAt: clock.now(),
      enabled: true,
      rotation: false,
      policy: settings.policy ?? defaultPolicy(accountId),
      tags: settings.tags,
      material: settings.spec ? newSigningKey() : randomBytes(32).toString('base64'),
      ...(settings.spec && { spec: settings.spec }),
    }
    keys.put(id, key)
    return key
  }

  /**
   * By id, ARN, alias or the ARN of an alias.
   * @throws AwsError `NotFoundException`
   */
  function get(name: string | undefined): Key {
    const bare = name?.startsWith(prefix) ? name.slice(prefix.length).replace(/^key\//, '') : (name ?? '')
    const id = bare.startsWith('alias/') ? aliases.get(bare)?.keyId : bare
    const found = alive().find(key => key.id === id)
    if (found) return found
    const what = bare.startsWith('alias/')
      ? `Alias ${prefix}${bare} is not found.`
      : `Key '${prefix}key/${bare}' does not exist`
    throw new AwsError('NotFoundException', what)
  }

  /** A key that may be used. @throws AwsError `DisabledException`, `KMSInvalidStateException` */
  function usable(name: string | undefined): Key {
    const key = get(name)
    if (key.deletionAt !== undefined)
      throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`)
    if (!key.enabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`)
    return key
  }

  return {
    create,
    get,
    usable,
    list: alive,
    nextRotation,
    rotate,
    aliases,
    change: (name: string | undefined, change: Partial<Key>): Key => {
      const key = { ...get(name), ...change }
      keys.put(key.id, key)
      return key
    },
  }
}

/** All the material of a key, for what is encrypted now and what was before. */
export function materialOf(key: Key): Material {
  return { id: key.id, materials: [key.material, ...(key.rotations ?? []).map(one => one.material)] }
}

/** What AWS gives a key that comes without a policy: the account decides. */
function defaultPolicy(accountId: string): string {
  const statement = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${accountId}:root` },
    Action: 'kms:*',
    Resource: '*',
  }
  return JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [statement] })
}
