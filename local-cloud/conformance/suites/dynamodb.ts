import assert from 'node:assert/strict'
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'
import { dynamodbTables } from './dynamodb-tables.ts'

const says = casesOf('amazondynamodb/latest/APIReference/')
const GUIDE = '/amazondynamodb/latest/developerguide/'

/** DynamoDB: tables, items, conditions, queries, batches, transactions. */
export const dynamodb: Suite = {
  service: 'dynamodb',
  cases: ({ config }) => {
    const { client, active, newTable, place, key, put, get, query } = dynamodbTables(config)

    return [
      says('API_CreateTable.html', 'a table is made once', async () => {
        const { TableName } = await place()
        await refused(
          client.send(
            new CreateTableCommand({
              TableName,
              BillingMode: 'PAY_PER_REQUEST',
              AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
              KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            }),
          ),
          'ResourceInUseException',
          400,
        )
      }),
      says('API_DescribeTable.html', 'a table that does not exist is ResourceNotFoundException', async () => {
        const TableName = freshName('none')
        await refused(client.send(new DescribeTableCommand({ TableName })), 'ResourceNotFoundException', 400)
        await refused(put(TableName, key('a')), 'ResourceNotFoundException', 400)
      }),
      says(
        `${GUIDE}howitworks-create-delete.html`,
        'deletion protection holds until it is taken off',
        async () => {
          const TableName = await newTable()
          const protect = (DeletionProtectionEnabled: boolean) =>
            client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled }))
          await protect(true)
          await active(TableName)
          await refused(client.send(new DeleteTableCommand({ TableName })), 'ValidationException', 400)
          await protect(false)
          await active(TableName)
          await client.send(new DeleteTableCommand({ TableName }))
        },
      ),
      says('API_PutItem.html', 'an item comes back as it was put, of every type', async () => {
        const { TableName, pk } = await place()
        const Item = {
          ...key(pk),
          n: { N: '12345678901234567890123456789012345678' },
          b: { B: new Uint8Array([0, 255]) },
          l: { L: [{ S: 'x' }, { NULL: true }, { BOOL: false }] },
          m: { M: { deep: { SS: ['a', 'b'] } } },
        }
        await put(TableName, Item)
        has(await get(TableName, pk), { n: Item.n, l: Item.l, m: Item.m })
      }),
      says(
        'API_PutItem.html',
        'a condition that fails writes nothing, and tells the item when asked',
        async () => {
          const { TableName, pk } = await place()
          await put(TableName, { ...key(pk), v: { N: '1' } })
          const again = put(
            TableName,
            { ...key(pk), v: { N: '2' } },
            {
              ConditionExpression: 'attribute_not_exists(pk)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          )
          const error = await again.then(
            () => undefined,
            thrown => thrown,
          )
          has(
            { name: error?.name, v: error?.Item?.v },
            { name: 'ConditionalCheckFailedException', v: { N: '1' } },
          )
          has(await get(TableName, pk), { v: { N: '1' } })
        },
      ),
      says('API_PutItem.html', 'an empty key is refused', async () => {
        const { TableName } = await place()
        await refused(put(TableName, key('')), 'ValidationException', 400)
      }),
      says(`${GUIDE}Constraints.html`, 'an item has at most 400 KB, its names counted', async () => {
        const { TableName, pk } = await place()
        await refused(
          put(TableName, { ...key(pk), big: { S: 'x'.repeat(409_600) } }),
          'ValidationException',
          400,
        )
      }),
      says(
        'API_UpdateItem.html',
        'SET, ADD, REMOVE and DELETE change parts and tell the new ones',
        async () => {
          const { TableName, pk } = await place()
          await put(TableName, { ...key(pk), count: { N: '1' }, gone: { S: 'x' }, tags: { SS: ['a', 'b'] } })
          const { Attributes } = await client.send(
            new UpdateItemCommand({
              TableName,
              Key: key(pk),
              UpdateExpression: 'SET #new = if_not_exists(#new, :v) ADD #c :one REMOVE gone DELETE tags :a',
              ExpressionAttributeNames: { '#new': 'new', '#c': 'count' },
              ExpressionAttributeValues: { ':v': { S: 'y' }, ':one': { N: '1' }, ':a': { SS: ['a'] } },
              ReturnValues: 'ALL_NEW',
            }),
          )
          assert.deepEqual(Attributes, {
            ...key(pk),
            count: { N: '2' },
            new: { S: 'y' },
            tags: { SS: ['b'] },
          })
        },
      ),
      says(`${GUIDE}ReservedWords.html`, 'a reserved word needs a placeholder', async () => {
        const { TableName, pk } = await place()
        const update = new UpdateItemCommand({
          TableName,
          Key: key(pk),
          UpdateExpression: 'SET status = :s',
          ExpressionAttributeValues: { ':s': { S: 'x' } },
        })
        await refused(client.send(update), 'ValidationException', 400)
      }),
      says(
        'API_DeleteItem.html',
        'deleting tells the old item, and nothing where there was none',
        async () => {
          const { TableName, pk } = await place()
          await put(TableName, { ...key(pk), v: { N: '1' } })
          const remove = () =>
            client.send(new DeleteItemCommand({ TableName, Key: key(pk), ReturnValues: 'ALL_OLD' }))
          has((await remove()).Attributes, { v: { N: '1' } })
          assert.equal((await remove()).Attributes, undefined)
        },
      ),
      says('API_Query.html', 'sorted, by range, backwards, in pages', async () => {
        const { TableName, pk } = await place()
        for (const sk of ['a1', 'a2', 'a3', 'b1']) await put(TableName, key(pk, sk))
        const range = {
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :a)',
          ExpressionAttributeValues: { ':a': { S: 'a' } },
        }
        const first = await query(TableName, pk, { ...range, Limit: 2, ScanIndexForward: false })
        assert.deepEqual(
          first.Items?.map(item => item.sk?.S),
          ['a3', 'a2'],
        )
        const ExclusiveStartKey = first.LastEvaluatedKey
        const second = await query(TableName, pk, { ...range, ScanIndexForward: false, ExclusiveStartKey })
        has(second, { Count: 1, Items: [{ sk: { S: 'a1' } }], LastEvaluatedKey: undefined })
      }),
      says('API_Query.html', 'a filter is applied after the reading: ScannedCount tells', async () => {
        const { TableName, pk } = await place()
        for (let n = 0; n < 4; n++) await put(TableName, { ...key(pk, `${n}`), n: { N: `${n}` } })
        const filter = { FilterExpression: 'n > :n', ExpressionAttributeValues: { ':n': { N: '1' } } }
        has(await query(TableName, pk, filter), { Count: 2, ScannedCount: 4 })
        has(await query(TableName, pk, { Select: 'COUNT' }), { Count: 4, Items: undefined })
      }),
      says('API_Scan.html', 'segments of a parallel scan cover the table once', async () => {
        const TableName = await newTable()
        for (let n = 0; n < 6; n++) await put(TableName, key(`p${n}`))
        const scan = async (Segment: number) =>
          (await client.send(new ScanCommand({ TableName, Segment, TotalSegments: 2 }))).Items ?? []
        const found = [...(await scan(0)), ...(await scan(1))].map(item => item.pk?.S)
        assert.deepEqual(found.sort(), ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'])
      }),
      says('API_BatchWriteItem.html', 'writes 25 at most, each key once', async () => {
        const { TableName, pk } = await place()
        const batch = (keys: string[]) =>
          client.send(
            new BatchWriteItemCommand({
              RequestItems: { [TableName]: keys.map(sk => ({ PutRequest: { Item: key(pk, sk) } })) },
            }),
          )
        await batch(['a', 'b'])
        await refused(batch(['a', 'a']), 'ValidationException', 400)
        await refused(batch(Array.from({ length: 26 }, (_, at) => `${at}`)), 'ValidationException', 400)
        const Keys = [key(pk, 'a'), key(pk, 'none')]
        const { Responses } = await client.send(
          new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }),
        )
        assert.deepEqual(Responses?.[TableName], [key(pk, 'a')])
      }),
      says('API_TransactWriteItems.html', 'all or nothing, with a reason for each action', async () => {
        const { TableName, pk } = await place()
        await put(TableName, key(pk, 'there'))
        const transaction = client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName, Item: key(pk, 'new') } },
              {
                ConditionCheck: {
                  TableName,
                  Key: key(pk, 'there'),
                  ConditionExpression: 'attribute_not_exists(pk)',
                },
              },
            ],
          }),
        )
        const error = await transaction.then(
          () => undefined,
          thrown => thrown,
        )
        assert.equal(error?.name, 'TransactionCanceledException')
        has(error?.CancellationReasons, [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }])
        assert.equal(await get(TableName, pk, 'new'), undefined)
      }),
      says(
        'API_TransactWriteItems.html',
        'a token makes a transaction once, and stands for it alone',
        async () => {
          const { TableName, pk } = await place()
          const add = (amount: string) =>
            client.send(
              new TransactWriteItemsCommand({
                ClientRequestToken: pk,
                TransactItems: [
                  {
                    Update: {
                      TableName,
                      Key: key(pk),
                      UpdateExpression: 'ADD n :n',
                      ExpressionAttributeValues: { ':n': { N: amount } },
                    },
                  },
                ],
              }),
            )
          await add('1')
          await add('1')
          has(await get(TableName, pk), { n: { N: '1' } })
          await refused(add('2'), 'IdempotentParameterMismatchException', 400)
        },
      ),
      says(
        'API_TransactGetItems.html',
        'answers in the order asked, empty where there is nothing',
        async () => {
          const { TableName, pk } = await place()
          await put(TableName, key(pk, 'a'))
          const { Responses } = await client.send(
            new TransactGetItemsCommand({
              TransactItems: ['none', 'a'].map(sk => ({ Get: { TableName, Key: key(pk, sk) } })),
            }),
          )
          assert.equal(Responses?.length, 2)
          has(Responses?.[1], { Item: key(pk, 'a') })
          assert.equal(Responses?.[0]?.Item, undefined)
        },
      ),
      says('API_UpdateTimeToLive.html', 'time to live is described by its attribute', async () => {
        const TableName = await newTable()
        await client.send(
          new UpdateTimeToLiveCommand({
            TableName,
            TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
          }),
        )
        const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }))
        assert.equal(TimeToLiveDescription?.AttributeName, 'expires_at')
        assert.match(TimeToLiveDescription?.TimeToLiveStatus ?? '', /^ENABL(ING|ED)$/)
      }),
    ]
  },
}
