import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { KMSClient } from '@aws-sdk/client-kms'

/** Seals what one user's items hold, so that who reads the table, or a copy of it, does not read them. */
export interface Vault {
  /** @param name of what is sealed; it opens under no other */
  seal(userId: string, name: string, plain: Uint8Array): Promise<Uint8Array>
  open(userId: string, name: string, sealed: Uint8Array): Promise<Uint8Array>
}

/** Keeps each user's data key, as KMS wrapped it, in the user's own partition: erasing that erases the key too. */
export interface WrappedKeys {
  get(userId: string): Promise<Uint8Array | undefined>
  /** Keeps a key unless there is one. @returns the one that is kept */
  putOnce(userId: string, wrapped: Uint8Array): Promise<Uint8Array>
}

export interface VaultOptions {
  /** Id or ARN of the KMS key that wraps data keys. */
  keyId: string
  kms: () => Promise<KMSClient>
  keys: WrappedKeys
  /** Milliseconds. */
  now: () => number
}

/** How long an unwrapped key stays in memory, and how many do. */
const KEPT_MS = 5 * 60_000
const KEPT_KEYS = 1000

const PLAIN = 0
const AES_256_GCM = 1
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Envelope encryption: AES-256-GCM under one data key a user, made and wrapped by KMS. KMS is thus asked once in a few
 * minutes for each active user, not once for each item, and its log names every time that a user's key was unwrapped
 * (by a hash of the user id, for encryption contexts are logged in the clear).
 * https://docs.aws.amazon.com/kms/latest/developerguide/kms-cryptography.html#enveloping
 */
export function createVault(options: VaultOptions): Vault {
  const unwrapped = new Map<string, { key: Promise<Uint8Array>; until: number }>()

  function keyOf(userId: string, use: 'seal' | 'open'): Promise<Uint8Array> {
    const known = unwrapped.get(userId)
    if (known && known.until > options.now()) return known.key
    const key = dataKey(options, userId, use)
    key.catch(() => unwrapped.delete(userId))
    unwrapped.delete(userId)
    unwrapped.set(userId, { key, until: options.now() + KEPT_MS })
    const [oldest] = unwrapped.keys()
    if (unwrapped.size > KEPT_KEYS && oldest !== undefined) unwrapped.delete(oldest)
    return key
  }

  return {
    seal: async (userId, name, plain) => {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', await keyOf(userId, 'seal'), iv).setAAD(aad(userId, name))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.of(AES_256_GCM), iv, cipher.getAuthTag(), body])
    },
    open: async (userId, name, sealed) => {
      if (sealed[0] === PLAIN) return sealed.subarray(1)
      if (sealed[0] !== AES_256_GCM) throw new Error(`sealed in an unknown way: ${sealed[0]}`)
      const decipher = createDecipheriv(
        'aes-256-gcm',
        await keyOf(userId, 'open'),
        sealed.subarray(1, 1 + IV_BYTES),
      )
      decipher.setAAD(aad(userId, name))
      decipher.setAuthTag(sealed.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(1 + IV_BYTES + TAG_BYTES)), decipher.final()])
    },
  }
}

/** Where no key is configured: items are encrypted by the table's own key alone. */
export const openVault: Vault = {
  seal: async (_userId, _name, plain) => Buffer.concat([Buffer.of(PLAIN), plain]),
  open: async (_userId, _name, sealed) => {
    if (sealed[0] === PLAIN) return sealed.subarray(1)
    throw new Error('this item was sealed under a KMS key; set SEALING_KMS_ARN to it')
  },
}

function aad(userId: string, name: string): Buffer {
  return Buffer.from(JSON.stringify([userId, name]))
}

/** The user's key; only sealing makes one where there is none. */
async function dataKey(
  { keyId, kms, keys }: VaultOptions,
  userId: string,
  use: 'seal' | 'open',
): Promise<Uint8Array> {
  const { DecryptCommand, GenerateDataKeyCommand } = await import('./sdk.ts')
  const client = await kms()
  const user = createHash('sha256').update(userId).digest('hex')
  const EncryptionContext = { purpose: 'insights', user }
  let wrapped = await keys.get(userId)
  if (!wrapped) {
    if (use === 'open') throw new Error('this user has no data key; what it sealed cannot be opened')
    const made = await client.send(
      new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext }),
    )
    wrapped = await keys.putOnce(userId, made.CiphertextBlob as Uint8Array)
    if (Buffer.from(wrapped).equals(Buffer.from(made.CiphertextBlob as Uint8Array)))
      return made.Plaintext as Uint8Array
  }
  const { Plaintext } = await client.send(
    new DecryptCommand({ KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext }),
  )
  return Plaintext as Uint8Array
}
