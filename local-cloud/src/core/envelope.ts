import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Invoke } from './service.ts'

/** A value encrypted under a data key, beside that key encrypted by KMS; all base64. */
export interface Envelope {
  dataKey: string
  text: string
}

/** Under which key of KMS, by whose permission, and bound to what. */
export interface EnvelopeUse {
  keyId: string
  /** ARN of the caller: AWS services use a customer's key with the permissions of who calls them. */
  principal: string
  encryptionContext: Record<string, string>
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Envelope encryption as Secrets Manager and Parameter Store do it: a fresh data key for every value.
 * @throws AwsError as KMS does, among it `NotFoundException` and `AccessDeniedException`
 */
export async function closeEnvelope(
  invoke: Invoke,
  { keyId, principal, encryptionContext }: EnvelopeUse,
  value: Uint8Array,
): Promise<Envelope> {
  const made = await invoke<{ Plaintext: Uint8Array; CiphertextBlob: Uint8Array }>(
    'kms',
    'GenerateDataKey',
    { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: encryptionContext },
    principal,
  )
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', made.Plaintext, nonce)
  const text = Buffer.concat([cipher.update(value), cipher.final()])
  return {
    dataKey: Buffer.from(made.CiphertextBlob).toString('base64'),
    text: Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64'),
  }
}

/** @throws AwsError as KMS does; an Error where the text was changed */
export async function openEnvelope(
  invoke: Invoke,
  { keyId, principal, encryptionContext }: EnvelopeUse,
  { dataKey, text }: Envelope,
): Promise<Buffer> {
  const { Plaintext } = await invoke<{ Plaintext: Uint8Array }>(
    'kms',
    'Decrypt',
    { KeyId: keyId, CiphertextBlob: Buffer.from(dataKey, 'base64'), EncryptionContext: encryptionContext },
    principal,
  )
  const bytes = Buffer.from(text, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', Plaintext, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  }).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
}
