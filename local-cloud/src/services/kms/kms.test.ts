import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createKms } from './kms.ts'

let cloud: TestCloud
let kms: KMSClient
let KeyId: string
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createKms] })
  kms = new KMSClient(cloud.client)
  KeyId = await newKey()
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/data', TargetKeyId: KeyId }))
})
afterAll(() => cloud.dispose())

async function newKey(): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'test' }))
  return KeyMetadata?.KeyId as string
}

const Plaintext = Buffer.from('resting heart rate')
const EncryptionContext = { table: 'health', user: '1' }

test('encrypts under an alias and decrypts without being told the key', async () => {
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId: 'alias/data', Plaintext, EncryptionContext }),
  )
  expect(Buffer.from(CiphertextBlob ?? []).includes(Plaintext)).toBe(false)
  const back = await kms.send(
    new DecryptCommand({ CiphertextBlob, EncryptionContext: { user: '1', table: 'health' } }),
  )
  expect(Buffer.from(back.Plaintext ?? [])).toEqual(Plaintext)
  expect(back.KeyId).toBe(`arn:aws:kms:us-east-1:124355672559:key/${KeyId}`)
})

test('another context, a changed byte or another key do not decrypt', async () => {
  const { CiphertextBlob = new Uint8Array() } = await kms.send(
    new EncryptCommand({ KeyId, Plaintext, EncryptionContext }),
  )
  const invalid = { name: 'InvalidCiphertextException' }
  const decrypt = (input: object) =>
    kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, ...input }))
  await expect(decrypt({ EncryptionContext: { table: 'health', user: '2' } })).rejects.toMatchObject(invalid)
  await expect(decrypt({ EncryptionContext: undefined })).rejects.toMatchObject(invalid)
  const changed = Uint8Array.from(CiphertextBlob)
  changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
  await expect(decrypt({ CiphertextBlob: changed })).rejects.toMatchObject(invalid)
  await expect(decrypt({ KeyId: await newKey() })).rejects.toMatchObject({ name: 'IncorrectKeyException' })
})

test('a data key comes in clear and encrypted', async () => {
  const made = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
  expect(made.Plaintext).toHaveLength(32)
  const back = await kms.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }))
  expect(back.Plaintext).toEqual(made.Plaintext)
})

test('rotation and policy are kept', async () => {
  await kms.send(new EnableKeyRotationCommand({ KeyId }))
  expect((await kms.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled).toBe(true)
  expect((await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy).toContain(
    'arn:aws:iam::124355672559:root',
  )
})

test('a key that is disabled, pending deletion or gone cannot be used', async () => {
  const disabled = await newKey()
  await kms.send(new DisableKeyCommand({ KeyId: disabled }))
  await expect(kms.send(new EncryptCommand({ KeyId: disabled, Plaintext }))).rejects.toMatchObject({
    name: 'DisabledException',
  })
  await expect(kms.send(new DescribeKeyCommand({ KeyId: 'alias/none' }))).rejects.toMatchObject({
    name: 'NotFoundException',
  })
  await expect(
    kms.send(new CreateAliasCommand({ AliasName: 'alias/data', TargetKeyId: KeyId })),
  ).rejects.toMatchObject({ name: 'AlreadyExistsException' })
  const going = await newKey()
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: going, PendingWindowInDays: 7 }))
  await expect(kms.send(new EncryptCommand({ KeyId: going, Plaintext }))).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  })
  cloud.clock.advance(8 * 86_400_000)
  const later = new KMSClient({ ...cloud.client, systemClockOffset: 8 * 86_400_000 })
  await expect(later.send(new DescribeKeyCommand({ KeyId: going }))).rejects.toMatchObject({
    name: 'NotFoundException',
  })
})

test('what was encrypted before a restart decrypts after it', async () => {
  const before = new KMSClient({ ...cloud.client, systemClockOffset: 8 * 86_400_000 })
  const { CiphertextBlob } = await before.send(new EncryptCommand({ KeyId: 'alias/data', Plaintext }))
  const { state } = cloud
  await cloud.stop()
  cloud = await startTestCloud({ state, services: [createKms] })
  const back = await new KMSClient(cloud.client).send(new DecryptCommand({ CiphertextBlob }))
  expect(Buffer.from(back.Plaintext ?? [])).toEqual(Plaintext)
})
