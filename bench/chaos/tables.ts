import type { MortalCloud } from './cloud.ts'
import { jsonCall } from './json-call.ts'
import { BrokenPromise, type Model } from './model.ts'

const TABLE = 'chaos'
const KEYS = 12

/** DynamoDB: versions of items, written plainly, by condition, and in transactions of two. */
export function createTables(cloud: MortalCloud): Model {
  const call = jsonCall(cloud, 'dynamodb', 'DynamoDB_20120810')
  const acknowledged = new Map<string, number>()
  const attempted = new Map<string, number>()
  const touched = new Set<string>()
  let writes = 0

  async function write(key: string, kind: number): Promise<void> {
    const version = (attempted.get(key) ?? 0) + 1
    const item = (sk: string) => ({
      pk: { S: key },
      sk: { S: sk },
      version: { N: String(version) },
      data: { S: 'd'.repeat(version % 900) },
    })
    attempted.set(key, version)
    touched.add(key)
    if (kind === 0)
      await call('TransactWriteItems', {
        TransactItems: ['left', 'right'].map(sk => ({ Put: { TableName: TABLE, Item: item(sk) } })),
      })
    else if (kind === 1)
      await call('BatchWriteItem', {
        RequestItems: { [TABLE]: [{ PutRequest: { Item: item('left') } }] },
      })
    else
      await call('PutItem', {
        TableName: TABLE,
        Item: item('left'),
        ConditionExpression: 'attribute_not_exists(pk) OR version < :version',
        ExpressionAttributeValues: { ':version': { N: String(version) } },
      })
    acknowledged.set(key, version)
    writes++
  }

  async function versionOf(key: string, sk: string): Promise<number> {
    const input = { TableName: TABLE, Key: { pk: { S: key }, sk: { S: sk } }, ConsistentRead: true }
    const { Item } = await call('GetItem', input)
    const version = Number(Item?.version?.N ?? 0)
    if (Item && Item.data?.S !== 'd'.repeat(version % 900))
      throw new BrokenPromise(`DynamoDB: ${key}/${sk} is half of version ${version}`)
    return version
  }

  async function check(key: string): Promise<void> {
    const least = acknowledged.get(key) ?? 0
    const most = attempted.get(key) ?? 0
    const version = await versionOf(key, 'left')
    if (version < least || version > most)
      throw new BrokenPromise(
        `DynamoDB: ${key} is version ${version}; ${least} was acknowledged, ${most} tried`,
      )
    if ((await versionOf(key, 'right')) > version)
      throw new BrokenPromise(`DynamoDB: the transaction on ${key} was done by half`)
  }

  return {
    name: 'DynamoDB',
    workers: 4,
    prepare: async () => {
      await call('CreateTable', {
        TableName: TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: ['pk', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
      })
      for (;;) if ((await call('DescribeTable', { TableName: TABLE })).Table.TableStatus === 'ACTIVE') break
    },
    // a key has one writer, so that its versions come in order
    step: (worker, random) => write(`${worker}-${random.below(KEYS)}`, random.below(3)),
    verify: async () => {
      for (const key of touched) await check(key)
      touched.clear()
    },
    told: () => `${writes} writes acknowledged`,
  }
}
