import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListKeyRotationsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createIam } from '../iam/iam.ts'
import { createSts } from '../sts/sts.ts'
import { createKms } from './kms.ts'

const ACCOUNT = '124355672559'
const DAY_MS = 86_400_000
const services = [createSts, createIam, createKms]
let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services })
})
afterAll(() => cloud.dispose())

const now = (config: object = cloud.client) =>
  new KMSClient({ ...cloud.client, ...config, systemClockOffset: cloud.clock.now() - Date.now() })
const Plaintext = Buffer.from('resting heart rate')
async function newKey(Policy?: object): Promise<string> {
  const made = await now().send(new CreateKeyCommand({ Policy: Policy && JSON.stringify(Policy) }))
  return made.KeyMetadata?.KeyId as string
}
const encrypt = async (KeyId: string, client = now()) =>
  (await client.send(new EncryptCommand({ KeyId, Plaintext }))).CiphertextBlob as Uint8Array
const decrypt = async (CiphertextBlob: Uint8Array, client = now()) =>
  Buffer.from((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext ?? []).toString()

const ROOT = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
}
/** A client that signs as a role whose own policies allow all of KMS. */
async function as(RoleName: string): Promise<KMSClient> {
  const iam = new IAMClient(cloud.client)
  const document = (statement: object) => JSON.stringify({ Statement: [{ Effect: 'Allow', ...statement }] })
  await iam.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: document({ Principal: '*', Action: 'sts:AssumeRole' }),
    }),
  )
  const PolicyDocument = document({ Action: 'kms:*', Resource: '*' })
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument }))
  const { Credentials } = await new STSClient(cloud.client).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`, RoleSessionName: 'test' }),
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = Credentials ?? {}
  return new KMSClient({
    ...cloud.client,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  })
}

test('a key’s policy decides beside those of the caller, and a grant stands in for it', async () => {
  const worker = await as('worker')
  const open = await newKey({ Statement: [ROOT] })
  expect(await decrypt(await encrypt(open, worker), worker)).toBe(Plaintext.toString())

  const denied = await newKey({
    Statement: [ROOT, { ...ROOT, Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt' }],
  })
  const blob = await encrypt(denied, worker)
  await expect(decrypt(blob, worker)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('explicit deny in a resource-based policy'),
  })
  await expect(
    worker.send(new ReEncryptCommand({ CiphertextBlob: blob, DestinationKeyId: open })),
  ).resolves.toBeDefined()

  const operator = { ...ROOT, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/local-operator` } }
  const closed = await newKey({ Statement: [operator] })
  await expect(encrypt(closed, worker)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  await now().send(
    new CreateGrantCommand({
      KeyId: closed,
      GranteePrincipal: `arn:aws:iam::${ACCOUNT}:role/worker`,
      Operations: ['Encrypt'],
    }),
  )
  const granted = await encrypt(closed, worker)
  await expect(decrypt(granted, worker)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  expect(await decrypt(granted)).toBe(Plaintext.toString())
  await now().send(
    new PutKeyPolicyCommand({
      KeyId: closed,
      Policy: JSON.stringify({
        Statement: [
          operator,
          { ...ROOT, Condition: { StringEquals: { 'kms:EncryptionContext:table': 'health' } } },
        ],
      }),
    }),
  )
  const key = (table: string) =>
    worker.send(
      new GenerateDataKeyCommand({ KeyId: closed, KeySpec: 'AES_256', EncryptionContext: { table } }),
    )
  await key('health')
  await expect(key('other')).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('rotates by itself when its period is over, and opens what is older', async () => {
  const KeyId = await newKey()
  const before = await encrypt(KeyId)
  await now().send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }))
  const status = () => now().send(new GetKeyRotationStatusCommand({ KeyId }))
  const first = (await status()).NextRotationDate?.getTime() as number
  cloud.clock.advance(200 * DAY_MS)
  const { Rotations } = await now().send(new ListKeyRotationsCommand({ KeyId }))
  expect(Rotations?.map(one => one.RotationType)).toEqual(['AUTOMATIC', 'AUTOMATIC'])
  expect((await status()).NextRotationDate?.getTime()).toBe(first + 180 * DAY_MS)
  const after = await encrypt(KeyId)
  // format, key id, number of the material
  expect([...before.subarray(17, 19), ...after.subarray(17, 19)]).toEqual([0, 0, 0, 2])
  expect([await decrypt(before), await decrypt(after)]).toEqual([Plaintext.toString(), Plaintext.toString()])
})

test('a key whose deletion is due is gone, material and all', async () => {
  const KeyId = await newKey()
  const blob = await encrypt(KeyId)
  await now().send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
  cloud.clock.advance(8 * DAY_MS)
  await expect(now().send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
    name: 'NotFoundException',
  })
  await expect(decrypt(blob)).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
})

test('what was encrypted before a restart decrypts after it', async () => {
  const blob = await encrypt(await newKey())
  const { state } = cloud
  await cloud.stop()
  cloud = await startTestCloud({ state, services })
  expect(await decrypt(blob)).toBe(Plaintext.toString())
})
