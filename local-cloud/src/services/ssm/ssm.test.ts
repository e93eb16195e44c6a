import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  type PutParameterCommandInput,
  paginateGetParametersByPath,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSsm } from './ssm.ts'

let cloud: TestCloud
let ssm: SSMClient
beforeEach(async () => {
  cloud = await startTestCloud({ services: [createSsm] })
  ssm = new SSMClient(cloud.client)
})
afterEach(() => cloud.dispose())

const put = (Name: string, Value: string, change: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...change }))
const get = (Name: string, WithDecryption?: boolean) =>
  ssm.send(new GetParameterCommand({ Name, WithDecryption }))

test('keeps parameters and their versions', async () => {
  expect(await put('/clarity/local/vpc-id', 'vpc-1')).toMatchObject({ Version: 1, Tier: 'Standard' })
  await expect(put('/clarity/local/vpc-id', 'vpc-2')).rejects.toBeInstanceOf(ParameterAlreadyExists)
  expect((await put('/clarity/local/vpc-id', 'vpc-2', { Overwrite: true, Type: undefined })).Version).toBe(2)
  const { Parameter } = await get('/clarity/local/vpc-id')
  expect(Parameter).toMatchObject({
    Name: '/clarity/local/vpc-id',
    Value: 'vpc-2',
    Version: 2,
    Type: 'String',
    ARN: 'arn:aws:ssm:us-east-1:124355672559:parameter/clarity/local/vpc-id',
    LastModifiedDate: expect.any(Date),
  })
  expect((await get(Parameter?.ARN as string)).Parameter?.Value).toBe('vpc-2')
  expect((await get('/clarity/local/vpc-id:1')).Parameter).toMatchObject({ Value: 'vpc-1', Selector: ':1' })
  await expect(get('/clarity/local/vpc-id:9')).rejects.toMatchObject({ name: 'ParameterVersionNotFound' })
  await expect(get('/none')).rejects.toBeInstanceOf(ParameterNotFound)
})

test('reads by path, page by page, and in batches', async () => {
  for (let i = 0; i < 12; i++) await put(`/clarity/local/p${i}`, `${i}`)
  await put('/clarity/local/deep/er', 'x')
  await put('plain', 'x')
  const values: string[] = []
  for await (const { Parameters } of paginateGetParametersByPath({ client: ssm }, { Path: '/clarity/local' }))
    values.push(...(Parameters ?? []).map(one => one.Value ?? ''))
  expect(values.sort()).toEqual([...Array(12).keys()].map(String).sort())
  const deep = await ssm.send(
    new GetParametersByPathCommand({ Path: '/clarity', Recursive: true, MaxResults: 10 }),
  )
  expect([deep.Parameters?.length, typeof deep.NextToken]).toEqual([10, 'string'])
  const many = await ssm.send(new GetParametersCommand({ Names: ['plain', 'none'] }))
  expect([many.Parameters?.map(one => one.Value), many.InvalidParameters]).toEqual([['x'], ['none']])
  const described = await ssm.send(
    new DescribeParametersCommand({
      ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: ['/clarity/local/p1'] }],
    }),
  )
  expect(described.Parameters?.map(one => one.Name)).toEqual([
    '/clarity/local/p1',
    '/clarity/local/p10',
    '/clarity/local/p11',
  ])
  await ssm.send(new DeleteParameterCommand({ Name: 'plain' }))
  await expect(ssm.send(new DeleteParameterCommand({ Name: 'plain' }))).rejects.toBeInstanceOf(
    ParameterNotFound,
  )
  const gone = await ssm.send(new DeleteParametersCommand({ Names: ['/clarity/local/p1', 'plain'] }))
  expect(gone).toMatchObject({ DeletedParameters: ['/clarity/local/p1'], InvalidParameters: ['plain'] })
})

test('tags, and refuses as AWS does', async () => {
  await put('a', 'x', { Tags: [{ Key: 'owner', Value: 'us' }], AllowedPattern: '[a-z]' })
  await ssm.send(
    new AddTagsToResourceCommand({
      ResourceType: 'Parameter',
      ResourceId: 'a',
      Tags: [{ Key: 'k', Value: 'v' }],
    }),
  )
  const { TagList } = await ssm.send(
    new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: 'a' }),
  )
  expect(TagList).toEqual([
    { Key: 'owner', Value: 'us' },
    { Key: 'k', Value: 'v' },
  ])
  await expect(put('a', '1', { Overwrite: true })).rejects.toMatchObject({
    name: 'ParameterPatternMismatchException',
  })
  await expect(put('b', 'x'.repeat(4097))).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(put('/aws/x', 'x')).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(put('b', 'x', { Type: undefined })).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(ssm.send(new GetParameterHistoryCommand({ Name: 'a' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
})

test('survives a restart, with secure values encrypted on the disk', async () => {
  const canary = 'canary-value-of-a-parameter'
  await put('/secure', canary, { Type: 'SecureString' })
  const again = await startTestCloud({ services: [createSsm], state: cloud.state })
  const client = new SSMClient(again.client)
  const closed = await client.send(new GetParameterCommand({ Name: '/secure' }))
  expect(closed.Parameter?.Value).not.toContain(canary)
  const open = await client.send(new GetParameterCommand({ Name: '/secure', WithDecryption: true }))
  expect(open.Parameter?.Value).toBe(canary)
  await again.stop()
  for (const file of readdirSync(cloud.state, { recursive: true, encoding: 'utf8' })) {
    const path = join(cloud.state, file)
    if (statSync(path).isFile()) expect(readFileSync(path).includes(canary)).toBe(false)
  }
})
