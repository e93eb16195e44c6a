import { createPublicKey, verify } from 'node:crypto'
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createKms } from './kms.ts'

let cloud: TestCloud
let kms: KMSClient
let KeyId: string
const SigningAlgorithm = 'ECDSA_SHA_256'
const Message = Buffer.from('an image')

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createKms] })
  kms = new KMSClient(cloud.client)
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
  )
  KeyId = KeyMetadata?.KeyId ?? ''
})
afterAll(() => cloud.dispose())

test('what it signs, its public key and Verify confirm; another message they do not', async () => {
  const { Signature = new Uint8Array() } = await kms.send(
    new SignCommand({ KeyId, Message, SigningAlgorithm }),
  )
  const { PublicKey = new Uint8Array(), KeySpec } = await kms.send(new GetPublicKeyCommand({ KeyId }))
  expect(KeySpec).toBe('ECC_NIST_P256')
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' })
  expect(verify('sha256', Message, key, Signature)).toBe(true)
  const asked = { KeyId, Signature, SigningAlgorithm } as const
  expect((await kms.send(new VerifyCommand({ ...asked, Message }))).SignatureValid).toBe(true)
  await expect(
    kms.send(new VerifyCommand({ ...asked, Message: Buffer.from('other') })),
  ).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' })
})

test('a key that signs neither encrypts nor rotates, and one that encrypts does not sign', async () => {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
  expect(KeyMetadata).toMatchObject({ KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: [SigningAlgorithm] })
  expect(KeyMetadata?.EncryptionAlgorithms).toBeUndefined()
  const refused = (name: string) => ({ name })
  await expect(kms.send(new EncryptCommand({ KeyId, Plaintext: Message }))).rejects.toMatchObject(
    refused('InvalidKeyUsageException'),
  )
  await expect(kms.send(new EnableKeyRotationCommand({ KeyId }))).rejects.toMatchObject(
    refused('UnsupportedOperationException'),
  )
  const symmetric = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId
  await expect(
    kms.send(new SignCommand({ KeyId: symmetric, Message, SigningAlgorithm })),
  ).rejects.toMatchObject(refused('InvalidKeyUsageException'))
  await expect(
    kms.send(new SignCommand({ KeyId, Message, MessageType: 'DIGEST', SigningAlgorithm })),
  ).rejects.toMatchObject(refused('UnsupportedOperationException'))
  await expect(
    kms.send(new SignCommand({ KeyId, Message: Buffer.alloc(4097), SigningAlgorithm })),
  ).rejects.toMatchObject(refused('ValidationException'))
})
