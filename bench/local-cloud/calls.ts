import type { Answer, Send } from './signed-client.ts'

/** One kind of call, made again and again. */
export interface Call {
  name: string
  /** Which servers have it. */
  service: 'dynamodb' | 's3' | 'sqs'
  /** What one call counts for: items of a batch. @default 1 */
  weight?: number
  run(at: number): Promise<void>
}

const TABLE = 'bench'
/** Items of a partition, and how many a query reads. */
const PARTITION = 20

/** Makes the table, bucket and queue that the calls need, then the calls, in the order in which they may run. */
export async function prepare(send: Send, services: Call['service'][]): Promise<Call[]> {
  const dynamodb = json(send, 'dynamodb', 'DynamoDB_20120810', '1.0')
  const sqs = json(send, 'sqs', 'AmazonSQS', '1.0')
  const s3 = async (method: string, path: string, body?: Buffer) =>
    checked(await send({ service: 's3', method, path, body }), `${method} ${path}`)
  const has = (service: Call['service']) => services.includes(service)
  let queue = ''

  if (has('dynamodb')) {
    await dynamodb('CreateTable', {
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: ['pk', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
    })
    for (;;) {
      const { Table } = JSON.parse(String(await dynamodb('DescribeTable', { TableName: TABLE })))
      if (Table.TableStatus === 'ACTIVE') break
    }
    // what Get and Query read
    for (let at = 0; at < 2000; at++) await dynamodb('PutItem', { TableName: TABLE, Item: item(at) })
  }
  if (has('s3')) {
    await s3('PUT', '/bench')
    for (let at = 0; at < 100; at++) await s3('PUT', `/bench/read-${at}`, BODY)
  }
  if (has('sqs')) queue = JSON.parse(String(await sqs('CreateQueue', { QueueName: 'bench' }))).QueueUrl

  const calls: Call[] = [
    {
      name: 'DynamoDB PutItem 700 B',
      service: 'dynamodb',
      run: async at => void (await dynamodb('PutItem', { TableName: TABLE, Item: item(1e6 + at) })),
    },
    {
      name: 'DynamoDB GetItem',
      service: 'dynamodb',
      run: async at => {
        const { pk, sk } = item(at % 2000)
        const answer = await dynamodb('GetItem', { TableName: TABLE, Key: { pk, sk } })
        if (answer.length < 500) throw new Error('GetItem found nothing')
      },
    },
    {
      name: 'DynamoDB Query of 20',
      service: 'dynamodb',
      run: async at => {
        const answer = await dynamodb('Query', {
          TableName: TABLE,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': item((at * PARTITION) % 2000).pk },
        })
        if (!new RegExp(`"Count": ?${PARTITION}\\b`).test(String(answer)))
          throw new Error('Query found another number')
      },
    },
    {
      name: 'DynamoDB BatchWriteItem, items',
      service: 'dynamodb',
      weight: 25,
      run: at => writeBatch(send, at),
    },
    {
      name: 'S3 PutObject 10 KB',
      service: 's3',
      run: async at => void (await s3('PUT', `/bench/write-${at}`, BODY)),
    },
    {
      name: 'S3 GetObject 10 KB',
      service: 's3',
      run: async at => {
        if ((await s3('GET', `/bench/read-${at % 100}`)).length !== BODY.length)
          throw new Error('GetObject gave another length')
      },
    },
    {
      name: 'SQS SendMessage',
      service: 'sqs',
      run: async at => void (await sqs('SendMessage', { QueueUrl: queue, MessageBody: `message ${at}` })),
    },
    {
      name: 'SQS ReceiveMessage + DeleteMessage',
      service: 'sqs',
      run: async () => {
        const { Messages } = JSON.parse(String(await sqs('ReceiveMessage', { QueueUrl: queue })))
        // an empty queue would be quick to answer: one more is sent for each that is taken
        if (!Messages?.length) throw new Error('the queue is empty')
        await sqs('SendMessage', { QueueUrl: queue, MessageBody: 'one more' })
        await sqs('DeleteMessage', { QueueUrl: queue, ReceiptHandle: Messages[0].ReceiptHandle })
      },
    },
  ]
  return calls.filter(call => has(call.service))
}

const BODY = Buffer.alloc(10_240, 'b')

/** A batch of 25 items that no other call touches. */
export async function writeBatch(send: Send, at: number): Promise<void> {
  const requests = Array.from({ length: 25 }, (_, i) => ({ PutRequest: { Item: item(1e7 + at * 25 + i) } }))
  const dynamodb = json(send, 'dynamodb', 'DynamoDB_20120810', '1.0')
  await dynamodb('BatchWriteItem', { RequestItems: { [TABLE]: requests } })
}

function item(at: number) {
  return {
    pk: { S: `USER#${Math.floor(at / PARTITION)}` },
    sk: { S: `HR#${String(at % PARTITION).padStart(4, '0')}` },
    data: { S: 'x'.repeat(600) },
    version: { N: String(at) },
  }
}

function json(send: Send, service: Call['service'], target: string, version: string) {
  return async (operation: string, input: object): Promise<Buffer> => {
    const headers = {
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `${target}.${operation}`,
    }
    return checked(await send({ service, headers, body: JSON.stringify(input) }), operation)
  }
}

function checked({ status, body }: Answer, what: string): Buffer {
  if (status !== 200) throw new Error(`${what}: ${status} ${body.toString().slice(0, 300)}`)
  return body
}
