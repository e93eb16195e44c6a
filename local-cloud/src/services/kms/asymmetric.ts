import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import type {
  GetPublicKeyRequest,
  GetPublicKeyResponse,
  SignRequest,
  SignResponse,
  VerifyRequest,
  VerifyResponse,
} from '@aws-sdk/client-kms'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, RequestContext } from '../../core/service.ts'
import type { AskPolicy } from './cryptography.ts'
import type { Key, Keys } from './keys.ts'

/** Largest raw message of `Sign`, in bytes (KMS API reference). */
const MAX_MESSAGE = 4096
const ALGORITHM = 'ECDSA_SHA_256'

/** A private key on the curve P-256: PKCS #8 in DER, base64. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
}

/** Signatures that anybody can verify with the public key: ECDSA on P-256 over SHA-256, in DER. */
export function asymmetricOperations(keys: Keys, ask: AskPolicy): Record<string, Operation> {
  function signing(name: string | undefined, action: string, context: RequestContext): Key {
    const key = keys.usable(name)
    ask(key, action, context)
    if (key.spec) return key
    throw action === 'GetPublicKey'
      ? new AwsError('UnsupportedOperationException', `${key.arn} is a symmetric key: it has no public half`)
      : new AwsError(
          'InvalidKeyUsageException',
          `${key.arn} key usage is ENCRYPT_DECRYPT which is not valid for ${action}.`,
        )
  }

  function signMessage(input: SignRequest, context: RequestContext): SignResponse {
    const key = signing(input.KeyId, 'Sign', context)
    const message = messageOf(input)
    return {
      KeyId: key.arn,
      Signature: sign('sha256', message, privateKey(key)),
      SigningAlgorithm: ALGORITHM,
    }
  }

  function verifyMessage(input: VerifyRequest, context: RequestContext): VerifyResponse {
    const key = signing(input.KeyId, 'Verify', context)
    const good = verify('sha256', messageOf(input), createPublicKey(privateKey(key)), bytes(input.Signature))
    if (!good)
      throw new AwsError('KMSInvalidSignatureException', 'the signature is not of this message by this key')
    return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: ALGORITHM }
  }

  function getPublicKey(input: GetPublicKeyRequest, context: RequestContext): GetPublicKeyResponse {
    const key = signing(input.KeyId, 'GetPublicKey', context)
    return {
      KeyId: key.arn,
      PublicKey: createPublicKey(privateKey(key)).export({ type: 'spki', format: 'der' }),
      KeySpec: key.spec,
      CustomerMasterKeySpec: key.spec,
      KeyUsage: 'SIGN_VERIFY',
      SigningAlgorithms: [ALGORITHM],
    }
  }

  return { Sign: signMessage, Verify: verifyMessage, GetPublicKey: getPublicKey }
}

function privateKey(key: Key): KeyObject {
  return createPrivateKey({ key: Buffer.from(key.material, 'base64'), format: 'der', type: 'pkcs8' })
}

function messageOf({
  Message,
  MessageType = 'RAW',
  SigningAlgorithm,
}: Pick<SignRequest, 'Message' | 'MessageType' | 'SigningAlgorithm'>): Buffer {
  if (SigningAlgorithm !== ALGORITHM)
    throw new AwsError(
      'InvalidKeyUsageException',
      `Algorithm ${SigningAlgorithm} is incompatible with key spec ECC_NIST_P256.`,
    )
  if (MessageType !== 'RAW')
    throw new AwsError(
      'UnsupportedOperationException',
      `the local cloud signs raw messages, not ${MessageType}`,
    )
  const message = bytes(Message)
  if (message.length === 0 || message.length > MAX_MESSAGE)
    throw new AwsError(
      'ValidationException',
      `Message of ${message.length} bytes must have 1 to ${MAX_MESSAGE}`,
    )
  return message
}

/** Bytes come as base64 over the wire and as such from within the process. */
function bytes(value: Uint8Array | string | undefined): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.from(value ?? [])
}
