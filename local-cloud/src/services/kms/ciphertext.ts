import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'

/** Names and values that must be given again to decrypt; order does not matter. */
export type EncryptionContext = Record<string, string> | undefined

/** Followed by the number of the key's material, which rotation counts up. */
const FORMAT = 2
const NUMBER_BYTES = 2
const ID_BYTES = 16
const IV_BYTES = 12
const TAG_BYTES = 16
const IV_AT = 1 + ID_BYTES + NUMBER_BYTES
const HEADER_BYTES = IV_AT + IV_BYTES + TAG_BYTES

/** A key with all the material that it ever had, oldest first, base64. */
export interface Material {
  id: string
  materials: string[]
}

/**
 * Encrypts with AES-256-GCM under the newest material. The blob is: format, key id, number of the material, nonce,
 * tag, ciphertext; the key id and the encryption context are authenticated.
 */
export function seal(key: Material, plain: Uint8Array, context: EncryptionContext): Buffer {
  const iv = randomBytes(IV_BYTES)
  const number = key.materials.length - 1
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.materials[number] ?? '', 'base64'), iv)
  cipher.setAAD(authenticated(key.id, context))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  const counted = Buffer.alloc(NUMBER_BYTES)
  counted.writeUInt16BE(number)
  return Buffer.concat([Buffer.from([FORMAT]), idBytes(key.id), counted, iv, cipher.getAuthTag(), body])
}

/** The id of the key that a blob was encrypted with. @throws AwsError `InvalidCiphertextException` */
export function keyIdIn(blob: Uint8Array): string {
  if (blob.length < HEADER_BYTES || blob[0] !== FORMAT) throw invalid()
  const hex = Buffer.from(blob.subarray(1, 1 + ID_BYTES)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Decrypts what `seal` made. @throws AwsError `InvalidCiphertextException` when anything differs, the context too */
export function open(key: Material, blob: Uint8Array, context: EncryptionContext): Buffer {
  const material = key.materials[Buffer.from(blob).readUInt16BE(1 + ID_BYTES)]
  if (material === undefined) throw invalid()
  const iv = blob.subarray(IV_AT, IV_AT + IV_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(material, 'base64'), iv)
  decipher.setAAD(authenticated(key.id, context))
  decipher.setAuthTag(blob.subarray(HEADER_BYTES - TAG_BYTES, HEADER_BYTES))
  try {
    return Buffer.concat([decipher.update(blob.subarray(HEADER_BYTES)), decipher.final()])
  } catch {
    throw invalid()
  }
}

function authenticated(id: string, context: EncryptionContext): Buffer {
  const entries = Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(JSON.stringify([id, entries]))
}

function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function invalid(): AwsError {
  return new AwsError(
    'InvalidCiphertextException',
    'the ciphertext or the encryption context is not what was encrypted',
  )
}
