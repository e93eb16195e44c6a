import {
  BillingMode,
  CreateTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'

/** How many messages a queue holds, hidden ones included. */
export async function depthOf(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  return (
    Number(Attributes?.ApproximateNumberOfMessages) +
    Number(Attributes?.ApproximateNumberOfMessagesNotVisible)
  )
}

/** The table, the bucket and the queues as the stacks make them. */
export async function createResources(
  { dynamodb, s3, sqs }: { dynamodb: DynamoDBClient; s3: S3Client; sqs: SQSClient },
  maxReceiveCount: number,
) {
  const tableName = 'data'
  const bucket = 'raw'
  await createTable(dynamodb, tableName)
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  const dead = await sqs.send(
    new CreateQueueCommand({ QueueName: 'dead.fifo', Attributes: { FifoQueue: 'true' } }),
  )
  const deadUrl = dead.QueueUrl as string
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ['QueueArn'] }),
  )
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount })
  const queue = await sqs.send(
    new CreateQueueCommand({ QueueName: 'uploads.fifo', Attributes: { FifoQueue: 'true', RedrivePolicy } }),
  )
  return { tableName, bucket, queueUrl: queue.QueueUrl as string, deadUrl }
}

/** The one table, as the stacks make it. */
export async function createTable(dynamodb: DynamoDBClient, tableName: string): Promise<void> {
  await dynamodb.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: BillingMode.PAY_PER_REQUEST,
      AttributeDefinitions: ['pk', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  await waitUntilTableExists(
    { client: dynamodb, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.05 },
    { TableName: tableName },
  )
}
