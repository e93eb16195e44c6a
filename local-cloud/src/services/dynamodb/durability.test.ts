import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { startTestCloud } from '../../testing.ts'
import { startCrashableCloud } from '../../testing-crash.ts'
import { createDynamodb } from './dynamodb.ts'
import { activeTable } from './testing.ts'

const TableName = 'crashing'

test('after kill -9 in the middle of writes every acknowledged one is there, transactions whole', async () => {
  const state = await mkdtemp(join(tmpdir(), 'local-cloud-crash-'))
  const crashing = await startCrashableCloud(state, 'dynamodb/dynamodb.ts#createDynamodb')
  const db = new DynamoDBClient(crashing.client)
  await activeTable(db, TableName)
  const acknowledged: string[] = []
  let crashed = false

  async function writer(name: string): Promise<void> {
    for (let n = 0; !crashed; n++) {
      const pk = `${name}-${n}`
      const item = (sk: string) => ({ pk: { S: pk }, sk: { S: sk }, v: { S: 'x'.repeat(500) } })
      const pair = ['left', 'right'].map(sk => ({ Put: { TableName, Item: item(sk) } }))
      const write = name.startsWith('pair')
        ? db.send(new TransactWriteItemsCommand({ TransactItems: pair }))
        : db.send(new PutItemCommand({ TableName, Item: item('left') }))
      const done = await write.then(
        () => true,
        () => false,
      )
      if (done) acknowledged.push(pk)
    }
  }

  const writers = ['one-a', 'one-b', 'pair-a', 'pair-b'].map(writer)
  await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(300)
  const down = crashing.crash()
  crashed = true
  await Promise.all([down, ...writers])

  const cloud = await startTestCloud({ services: [createDynamodb], state })
  const after = new DynamoDBClient(cloud.client)
  for (const pk of acknowledged) {
    const Key = { pk: { S: pk }, sk: { S: pk.startsWith('pair') ? 'right' : 'left' } }
    const { Item } = await after.send(new GetItemCommand({ TableName, Key }))
    expect(Item?.v?.S, pk).toHaveLength(500)
  }
  const sides = new Map<string, number>()
  let from: Record<string, { S: string }> | undefined
  do {
    const page = await after.send(new ScanCommand({ TableName, ExclusiveStartKey: from }))
    for (const { pk } of page.Items ?? [])
      if (pk?.S?.startsWith('pair')) sides.set(pk.S, (sides.get(pk.S) ?? 0) + 1)
    from = page.LastEvaluatedKey as typeof from
  } while (from)
  expect(new Set(sides.values())).toEqual(new Set([2]))
  await cloud.stop()
  await rm(state, { recursive: true, force: true })
})

test('writes that a failing disk refuses do not cost those that it took later', async () => {
  const state = await mkdtemp(join(tmpdir(), 'local-cloud-full-'))
  const failing = await startCrashableCloud(state, 'dynamodb/dynamodb.ts#createDynamodb', 2048)
  const db = new DynamoDBClient(failing.client)
  await activeTable(db, TableName)
  const acknowledged: string[] = []
  const refused: unknown[] = []
  for (let n = 0; n < 200; n++) {
    const Item = { pk: { S: `p${n}` }, sk: { S: 's' }, v: { S: 'x'.repeat(30_000) } }
    await db.send(new PutItemCommand({ TableName, Item })).then(
      () => acknowledged.push(`p${n}`),
      error => refused.push(error),
    )
  }
  await failing.crash()
  expect(refused[0]).toMatchObject({ name: 'InternalServerError', $metadata: { httpStatusCode: 500 } })
  expect(acknowledged.length).toBeGreaterThan(150)
  const cloud = await startTestCloud({ services: [createDynamodb], state })
  const after = new DynamoDBClient(cloud.client)
  for (const pk of acknowledged) {
    const { Item } = await after.send(
      new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: 's' } } }),
    )
    expect(Item?.v?.S, pk).toHaveLength(30_000)
  }
  await cloud.stop()
  await rm(state, { recursive: true, force: true })
})
