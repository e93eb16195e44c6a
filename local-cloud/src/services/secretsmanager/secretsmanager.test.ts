import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  ListSecretsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSecretsManager } from './secretsmanager.ts'

let cloud: TestCloud
let secrets: SecretsManagerClient
beforeEach(async () => {
  cloud = await startTestCloud({ services: [createSecretsManager] })
  secrets = new SecretsManagerClient(cloud.client)
})
afterEach(() => cloud.dispose())

const value = (SecretId: string, change: object = {}) =>
  secrets.send(new GetSecretValueCommand({ SecretId, ...change }))

test('keeps values by version and stage', async () => {
  const made = await secrets.send(
    new CreateSecretCommand({ Name: 'clarity/gemini-api-key', SecretString: 'one' }),
  )
  expect(made.ARN).toMatch(
    /^arn:aws:secretsmanager:us-east-1:124355672559:secret:clarity\/gemini-api-key-[A-Za-z0-9]{6}$/,
  )
  expect(await value('clarity/gemini-api-key')).toMatchObject({
    ARN: made.ARN,
    SecretString: 'one',
    VersionId: made.VersionId,
    VersionStages: ['AWSCURRENT'],
    CreatedDate: expect.any(Date),
  })
  const put = await secrets.send(
    new PutSecretValueCommand({ SecretId: made.ARN, SecretBinary: new Uint8Array([0, 255]) }),
  )
  expect((await value(made.ARN as string)).SecretBinary).toEqual(new Uint8Array([0, 255]))
  expect((await value(made.ARN?.slice(0, -7) as string, { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe(
    'one',
  )
  expect((await value('clarity/gemini-api-key', { VersionId: made.VersionId })).SecretString).toBe('one')
  await secrets.send(
    new UpdateSecretCommand({ SecretId: made.ARN, SecretString: 'three', Description: 'the key' }),
  )
  const described = await secrets.send(new DescribeSecretCommand({ SecretId: made.ARN }))
  expect(described.Description).toBe('the key')
  expect(described.VersionIdsToStages?.[put.VersionId as string]).toEqual(['AWSPREVIOUS'])
  expect(Object.keys(described.VersionIdsToStages ?? {})).toHaveLength(2)
})

test('repeats a request by its token, and refuses the token for another value', async () => {
  const ClientRequestToken = '11111111-1111-1111-1111-111111111111'
  const create = (SecretString: string) =>
    secrets.send(new CreateSecretCommand({ Name: 'a', SecretString, ClientRequestToken }))
  const { ARN } = await create('one')
  expect((await create('one')).ARN).toBe(ARN)
  await expect(create('two')).rejects.toBeInstanceOf(ResourceExistsException)
  await expect(
    secrets.send(new CreateSecretCommand({ Name: 'a', SecretString: 'x' })),
  ).rejects.toBeInstanceOf(ResourceExistsException)
})

test('deletes after the recovery window, and restores before', async () => {
  await secrets.send(new CreateSecretCommand({ Name: 'a', SecretString: 'x' }))
  const remove = (change = {}) => secrets.send(new DeleteSecretCommand({ SecretId: 'a', ...change }))
  await remove({ RecoveryWindowInDays: 7 })
  await expect(value('a')).rejects.toBeInstanceOf(InvalidRequestException)
  await expect(
    secrets.send(new CreateSecretCommand({ Name: 'a', SecretString: 'x' })),
  ).rejects.toBeInstanceOf(InvalidRequestException)
  expect((await secrets.send(new DescribeSecretCommand({ SecretId: 'a' }))).DeletedDate).toBeInstanceOf(Date)
  await secrets.send(new RestoreSecretCommand({ SecretId: 'a' }))
  expect((await value('a')).SecretString).toBe('x')
  await expect(remove({ RecoveryWindowInDays: 3 })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  await remove({ ForceDeleteWithoutRecovery: true })
  await expect(value('a')).rejects.toBeInstanceOf(ResourceNotFoundException)
  await secrets.send(new CreateSecretCommand({ Name: 'a', SecretString: 'y' }))
  await remove({ RecoveryWindowInDays: 7 })
  cloud.clock.advance(8 * 86_400_000)
  const later = new SecretsManagerClient({
    ...cloud.client,
    systemClockOffset: cloud.clock.now() - Date.now(),
  })
  await expect(later.send(new DescribeSecretCommand({ SecretId: 'a' }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  )
})

test('lists, tags and records policies', async () => {
  for (const Name of ['app/a', 'app/b', 'other'])
    await secrets.send(new CreateSecretCommand({ Name, Tags: [{ Key: 'owner', Value: Name }] }))
  const Filters = [{ Key: 'name' as const, Values: ['app/'] }]
  const first = await secrets.send(new ListSecretsCommand({ Filters, MaxResults: 1, SortOrder: 'asc' }))
  const second = await secrets.send(
    new ListSecretsCommand({ Filters, MaxResults: 1, SortOrder: 'asc', NextToken: first.NextToken }),
  )
  expect([...(first.SecretList ?? []), ...(second.SecretList ?? [])].map(one => one.Name).sort()).toEqual([
    'app/a',
    'app/b',
  ])
  expect(second.NextToken).toBeUndefined()
  await secrets.send(
    new TagResourceCommand({
      SecretId: 'other',
      Tags: [
        { Key: 'owner', Value: 'me' },
        { Key: 'x', Value: '' },
      ],
    }),
  )
  await secrets.send(new UntagResourceCommand({ SecretId: 'other', TagKeys: ['x'] }))
  const { Tags } = await secrets.send(new DescribeSecretCommand({ SecretId: 'other' }))
  expect(Tags).toEqual([{ Key: 'owner', Value: 'me' }])
  await secrets.send(new PutResourcePolicyCommand({ SecretId: 'other', ResourcePolicy: '{"Statement":[]}' }))
  const { ResourcePolicy } = await secrets.send(new GetResourcePolicyCommand({ SecretId: 'other' }))
  expect(ResourcePolicy).toBe('{"Statement":[]}')
})

test('refuses what does not exist, and 501 what it does not have', async () => {
  await expect(value('none')).rejects.toBeInstanceOf(ResourceNotFoundException)
  await secrets.send(new CreateSecretCommand({ Name: 'empty' }))
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
  await secrets.send(new CreateSecretCommand({ Name: 'a', SecretString: canary }))
  const again = await startTestCloud({ services: [createSecretsManager], state: cloud.state })
  const read = await new SecretsManagerClient(again.client).send(new GetSecretValueCommand({ SecretId: 'a' }))
  expect(read.SecretString).toBe(canary)
  await again.stop()
  expect(statSync(join(cloud.state, 'secretsmanager', 'key')).mode & 0o777).toBe(0o600)
  for (const file of readdirSync(cloud.state, { recursive: true, encoding: 'utf8' })) {
    const path = join(cloud.state, file)
    if (statSync(path).isFile()) expect(readFileSync(path).includes(canary)).toBe(false)
  }
})
