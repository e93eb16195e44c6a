import { randomBytes } from 'node:crypto'
import type {
  DecryptRequest,
  DecryptResponse,
  EncryptRequest,
  EncryptResponse,
  GenerateDataKeyRequest,
  GenerateDataKeyResponse,
  GenerateRandomRequest,
  ReEncryptRequest,
  ReEncryptResponse,
} from '@aws-sdk/client-kms'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, RequestContext } from '../../core/service.ts'
import { keyIdIn, open, seal } from './ciphertext.ts'
import type { Key, Keys } from './keys.ts'
import { materialOf } from './keys.ts'

/** Largest plaintext of `Encrypt`, in bytes (KMS API reference). */
const MAX_PLAINTEXT = 4096
const ALGORITHM = 'SYMMETRIC_DEFAULT'

/** Asks the policy of a key, by the name of the action. @throws AwsError `AccessDeniedException` */
export type AskPolicy = (
  key: Key,
  action: string,
  context: Pick<RequestContext, 'caller'>,
  encryptionContext?: Record<string, string>,
) => void

/** What keys are for: real encryption, never with the material outside this process. */
export function cryptographyOperations(keys: Keys, ask: AskPolicy): Record<string, Operation> {
  /** A key that encrypts. @throws AwsError `InvalidKeyUsageException` */
  function encrypting(name: string | undefined): Key {
    const key = keys.usable(name)
    if (key.spec)
      throw new AwsError(
        'InvalidKeyUsageException',
        `${key.arn} key usage is SIGN_VERIFY which is not valid here.`,
      )
    return key
  }

  function encrypt(input: EncryptRequest, context: RequestContext): EncryptResponse {
    const key = encrypting(input.KeyId)
    ask(key, 'Encrypt', context, input.EncryptionContext)
    const plain = bytes(input.Plaintext)
    if (plain.length === 0 || plain.length > MAX_PLAINTEXT)
      throw new AwsError(
        'ValidationException',
        `Plaintext of ${plain.length} bytes must have 1 to ${MAX_PLAINTEXT}`,
      )
    const CiphertextBlob = seal(materialOf(key), plain, input.EncryptionContext)
    return { CiphertextBlob, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM }
  }

  function decrypt(input: DecryptRequest, context: RequestContext, action = 'Decrypt'): DecryptResponse {
    const blob = bytes(input.CiphertextBlob)
    const key = keys.usable(known(keyIdIn(blob)))
    ask(key, action, context, input.EncryptionContext)
    if (input.KeyId && keys.get(input.KeyId).id !== key.id)
      throw new AwsError(
        'IncorrectKeyException',
        'the ciphertext was not encrypted with the key that the request names',
      )
    return {
      Plaintext: open(materialOf(key), blob, input.EncryptionContext),
      KeyId: key.arn,
      EncryptionAlgorithm: ALGORITHM,
    }
  }

  function generateDataKey(
    input: GenerateDataKeyRequest,
    context: RequestContext,
    action = 'GenerateDataKey',
  ): GenerateDataKeyResponse {
    const key = encrypting(input.KeyId)
    ask(key, action, context, input.EncryptionContext)
    const size = input.NumberOfBytes ?? (input.KeySpec === 'AES_128' ? 16 : 32)
    if (!(size >= 1 && size <= 1024))
      throw new AwsError('ValidationException', `NumberOfBytes ${size} must be between 1 and 1024`)
    const Plaintext = randomBytes(size)
    return {
      Plaintext,
      CiphertextBlob: seal(materialOf(key), Plaintext, input.EncryptionContext),
      KeyId: key.arn,
    }
  }

  function reEncrypt(input: ReEncryptRequest, context: RequestContext): ReEncryptResponse {
    const source = {
      CiphertextBlob: input.CiphertextBlob,
      EncryptionContext: input.SourceEncryptionContext,
      KeyId: input.SourceKeyId,
    }
    const { Plaintext = new Uint8Array(), KeyId } = decrypt(source, context, 'ReEncryptFrom')
    const target = encrypting(input.DestinationKeyId)
    ask(target, 'ReEncryptTo', context, input.DestinationEncryptionContext)
    const CiphertextBlob = seal(materialOf(target), Plaintext, input.DestinationEncryptionContext)
    return { CiphertextBlob, SourceKeyId: KeyId, KeyId: target.arn }
  }

  function known(id: string): string {
    if (keys.list().some(key => key.id === id)) return id
    throw new AwsError('InvalidCiphertextException', 'the key of the ciphertext does not exist here')
  }

  return {
    Encrypt: encrypt,
    Decrypt: (input: DecryptRequest, context: RequestContext) => decrypt(input, context),
    ReEncrypt: reEncrypt,
    GenerateDataKey: (input: GenerateDataKeyRequest, context: RequestContext) =>
      generateDataKey(input, context),
    GenerateDataKeyWithoutPlaintext: (input: GenerateDataKeyRequest, context: RequestContext) => {
      const { Plaintext: _, ...rest } = generateDataKey(input, context, 'GenerateDataKeyWithoutPlaintext')
      return rest
    },
    GenerateRandom: (input: GenerateRandomRequest) => ({ Plaintext: randomBytes(input.NumberOfBytes ?? 32) }),
  }
}

/** Bytes come as base64 over the wire and as such from within the process. */
function bytes(value: Uint8Array | string | undefined): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value, 'base64')
  return value ?? new Uint8Array()
}
