import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RotateSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createKms } from '../kms/kms.ts'
import { createSecretsManager } from './secretsmanager.ts'

const services = [createKms, createSecretsManager]
let cloud: TestCloud
let secrets: SecretsManagerClient
beforeAll(async () => {
  cloud = await startTestCloud({ services })
  secrets = new SecretsManagerClient(cloud.client)
})
afterAll(() => cloud.dispose())

const make = (Name: string, more: object = { SecretString: 'one' }) =>
  secrets.send(new CreateSecretCommand({ Name, ...more }))
const value = (SecretId: string, change: object = {}) =>
  secrets.send(new GetSecretValueCommand({ SecretId, ...change }))

test('a creation repeated with its token is the same, with another value refused', async () => {
  const ClientRequestToken = '11111111-1111-1111-1111-111111111111'
  const { ARN } = await make('token', { SecretString: 'one', ClientRequestToken })
  expect((await make('token', { SecretString: 'one', ClientRequestToken })).ARN).toBe(ARN)
  await expect(make('token', { SecretString: 'two', ClientRequestToken })).rejects.toBeInstanceOf(
    ResourceExistsException,
  )
})

test('an update changes value and description, tags come and go', async () => {
  await make('update')
  const SecretId = 'update'
  await secrets.send(new UpdateSecretCommand({ SecretId, SecretString: 'three', Description: 'the key' }))
  const Tags = [
    { Key: 'owner', Value: 'me' },
    { Key: 'x', Value: '' },
  ]
  await secrets.send(new TagResourceCommand({ SecretId, Tags }))
  await secrets.send(new UntagResourceCommand({ SecretId, TagKeys: ['x'] }))
  const described = await secrets.send(new DescribeSecretCommand({ SecretId }))
  expect(described).toMatchObject({ Description: 'the key', Tags: [{ Key: 'owner', Value: 'me' }] })
  expect((await value(SecretId)).SecretString).toBe('three')
})

test('a stage is moved only from where it is, and AWSCURRENT never taken off', async () => {
  const { VersionId } = await make('stages')
  const SecretId = 'stages'
  const put = await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: 'two' }))
  const move = (change: object) =>
    secrets.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', ...change }))
  const refusal = { name: 'InvalidParameterException' }
  await expect(move({ MoveToVersionId: VersionId })).rejects.toMatchObject(refusal)
  await expect(move({ MoveToVersionId: VersionId, RemoveFromVersionId: VersionId })).rejects.toMatchObject(
    refusal,
  )
  await expect(move({ RemoveFromVersionId: put.VersionId })).rejects.toMatchObject(refusal)
  await move({ VersionStage: 'tried', MoveToVersionId: VersionId })
  expect((await value(SecretId, { VersionStage: 'tried' })).SecretString).toBe('one')
})

test('a key of KMS seals a value, and without it the value stays shut', async () => {
  const kms = new KMSClient(cloud.client)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const KmsKeyId = KeyMetadata?.KeyId
  await make('sealed', { SecretString: 'under a key', KmsKeyId })
  expect((await value('sealed')).SecretString).toBe('under a key')
  await kms.send(new DisableKeyCommand({ KeyId: KmsKeyId }))
  await expect(value('sealed')).rejects.toMatchObject({ name: 'DecryptionFailure' })
  await expect(make('other', { SecretString: 'x', KmsKeyId })).rejects.toMatchObject({
    name: 'EncryptionFailure',
  })
  await kms.send(new EnableKeyCommand({ KeyId: KmsKeyId }))
  // what was sealed under one key stays readable when the secret goes over to another
  const next = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId
  await secrets.send(new UpdateSecretCommand({ SecretId: 'sealed', KmsKeyId: next }))
  await secrets.send(new PutSecretValueCommand({ SecretId: 'sealed', SecretString: 'under the next' }))
  const previous = await value('sealed', { VersionStage: 'AWSPREVIOUS' })
  expect([previous.SecretString, (await value('sealed')).SecretString]).toEqual([
    'under a key',
    'under the next',
  ])
})

test('values put at once are all kept', async () => {
  const { KeyMetadata } = await new KMSClient(cloud.client).send(new CreateKeyCommand({}))
  await make('race', { SecretString: '0', KmsKeyId: KeyMetadata?.KeyId })
  const put = (text: string) =>
    secrets.send(new PutSecretValueCommand({ SecretId: 'race', SecretString: text, VersionStages: [text] }))
  await Promise.all(['a', 'b', 'c', 'd'].map(put))
  const read = await Promise.all(['a', 'b', 'c', 'd'].map(VersionStage => value('race', { VersionStage })))
  expect(read.map(one => one.SecretString)).toEqual(['a', 'b', 'c', 'd'])
})

test('refuses what is empty, and 501 what it does not have', async () => {
  await make('empty', {})
  await expect(value('empty')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: expect.stringContaining('staging label: AWSCURRENT'),
  })
  await expect(secrets.send(new RotateSecretCommand({ SecretId: 'empty' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
})

test('survives a restart, with nothing readable on the disk', async () => {
  const canary = 'canary-value-of-a-secret'
  await make('canary', { SecretString: canary })
  const again = await startTestCloud({ services, state: cloud.state })
  const client = new SecretsManagerClient(again.client)
  for (const [SecretId, text] of [
    ['canary', canary],
    ['sealed', 'under the next'],
  ])
    expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe(text)
  await again.stop()
  expect(statSync(join(cloud.state, 'secretsmanager', 'key')).mode & 0o777).toBe(0o600)
  for (const file of readdirSync(cloud.state, { recursive: true, encoding: 'utf8' })) {
    const path = join(cloud.state, file)
    if (!statSync(path).isFile()) continue
    const bytes = readFileSync(path)
    expect([bytes.includes(canary), bytes.includes('under the next')]).toEqual([false, false])
  }
})

test('a secret is gone when its recovery window is over', async () => {
  await make('going')
  await secrets.send(new DeleteSecretCommand({ SecretId: 'going', RecoveryWindowInDays: 7 }))
  await expect(make('going')).rejects.toBeInstanceOf(InvalidRequestException)
  cloud.clock.advance(8 * 86_400_000)
  const systemClockOffset = cloud.clock.now() - Date.now()
  const later = new SecretsManagerClient({ ...cloud.client, systemClockOffset })
  await expect(later.send(new DescribeSecretCommand({ SecretId: 'going' }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  )
})
