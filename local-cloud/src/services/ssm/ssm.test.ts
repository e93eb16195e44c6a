import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  AddTagsToResourceCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  paginateGetParametersByPath,
  SSMClient,
  StartSessionCommand,
  UnlabelParameterVersionCommand,
} from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createKms } from '../kms/kms.ts'
import { createSsm } from './ssm.ts'

let cloud: TestCloud
let ssm: SSMClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createKms, createSsm] })
  ssm = new SSMClient(cloud.client)
})
afterAll(() => cloud.dispose())

const put = (Name: string, Value: string, change: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...change }))
const get = (Name: string, WithDecryption?: boolean) =>
  ssm.send(new GetParameterCommand({ Name, WithDecryption }))

test('found by ARN, and page by page', async () => {
  for (let i = 0; i < 12; i++) await put(`/clarity/local/p${i}`, `${i}`)
  const { Parameter } = await get('/clarity/local/p1')
  expect(Parameter?.ARN).toBe('arn:aws:ssm:us-east-1:124355672559:parameter/clarity/local/p1')
  expect((await get(Parameter?.ARN as string)).Parameter?.Value).toBe('1')
  const values: string[] = []
  for await (const { Parameters } of paginateGetParametersByPath({ client: ssm }, { Path: '/clarity/local' }))
    values.push(...(Parameters ?? []).map(one => one.Value ?? ''))
  expect(values.sort()).toEqual([...Array(12).keys()].map(String).sort())
})

test('tags, types and levels are refused as AWS does', async () => {
  await put('tagged', 'x', { Tags: [{ Key: 'owner', Value: 'us' }] })
  const of = { ResourceType: 'Parameter' as const, ResourceId: 'tagged' }
  await ssm.send(new AddTagsToResourceCommand({ ...of, Tags: [{ Key: 'k', Value: 'v' }] }))
  const { TagList } = await ssm.send(new ListTagsForResourceCommand(of))
  expect(TagList?.map(tag => tag.Key)).toEqual(['owner', 'k'])
  await expect(put('untyped', 'x', { Type: undefined })).rejects.toMatchObject({
    name: 'ValidationException',
  })
  await expect(put(`/${'a/'.repeat(15)}a`, 'x')).rejects.toMatchObject({
    name: 'HierarchyLevelLimitExceededException',
  })
  await expect(ssm.send(new StartSessionCommand({ Target: 'i-1' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
})

test('a version with a label is not pushed out', async () => {
  await put('many', '1')
  const label = (Labels: string[]) => ({ Name: 'many', ParameterVersion: 1, Labels })
  expect(await ssm.send(new LabelParameterVersionCommand(label(['first', 'aws-x', '1st'])))).toMatchObject({
    InvalidLabels: ['aws-x', '1st'],
  })
  for (let version = 2; version <= 100; version++) await put('many', `${version}`, { Overwrite: true })
  const again = () => put('many', '101', { Overwrite: true })
  await expect(again()).rejects.toMatchObject({ name: 'ParameterMaxVersionLimitExceeded' })
  expect(await ssm.send(new UnlabelParameterVersionCommand(label(['first', 'other'])))).toMatchObject({
    RemovedLabels: ['first'],
    InvalidLabels: ['other'],
  })
  await again()
  await expect(get('many:1')).rejects.toMatchObject({ name: 'ParameterVersionNotFound' })
})

test('a key of KMS seals a value, and without it the value stays shut', async () => {
  const kms = new KMSClient(cloud.client)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.Arn as string
  await put('/sealed', 'under a key', { Type: 'SecureString', KeyId })
  await put('/sealed', 'the second', { Type: 'SecureString', Overwrite: true })
  expect((await get('/sealed', true)).Parameter?.Value).toBe('the second')
  const { Parameters } = await ssm.send(
    new GetParameterHistoryCommand({ Name: '/sealed', WithDecryption: true }),
  )
  expect(Parameters?.map(one => [one.Value, one.KeyId])).toEqual([
    ['under a key', KeyId],
    ['the second', KeyId],
  ])
  await kms.send(new DisableKeyCommand({ KeyId }))
  await expect(get('/sealed', true)).rejects.toMatchObject({ name: 'InvalidKeyId' })
  await expect(put('/other', 'x', { Type: 'SecureString', KeyId })).rejects.toMatchObject({
    name: 'InvalidKeyId',
  })
  await kms.send(new EnableKeyCommand({ KeyId }))
})

test('puts at once get versions of their own', async () => {
  const { KeyMetadata } = await new KMSClient(cloud.client).send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.KeyId
  const one = (value: number) => put('/race', `${value}`, { Type: 'SecureString', KeyId, Overwrite: true })
  const answers = await Promise.all([1, 2, 3, 4].map(one))
  expect(answers.map(answer => answer.Version).sort()).toEqual([1, 2, 3, 4])
  const { Parameters } = await ssm.send(
    new GetParameterHistoryCommand({ Name: '/race', WithDecryption: true }),
  )
  expect(Parameters?.map(version => version.Value).sort()).toEqual(['1', '2', '3', '4'])
})

test('survives a restart, with secure values encrypted on the disk', async () => {
  const canary = 'canary-value-of-a-parameter'
  await put('/secure', canary, { Type: 'SecureString' })
  const again = await startTestCloud({ services: [createKms, createSsm], state: cloud.state })
  const client = new SSMClient(again.client)
  for (const [name, value] of [
    ['/secure', canary],
    ['/sealed', 'the second'],
  ]) {
    const open = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }))
    expect(open.Parameter?.Value).toBe(value)
    const closed = await client.send(new GetParameterCommand({ Name: name }))
    expect(closed.Parameter?.Value).not.toContain(value)
  }
  await again.stop()
  for (const file of readdirSync(cloud.state, { recursive: true, encoding: 'utf8' })) {
    const path = join(cloud.state, file)
    if (!statSync(path).isFile()) continue
    const bytes = readFileSync(path)
    expect([bytes.includes(canary), bytes.includes('the second')]).toEqual([false, false])
  }
})
