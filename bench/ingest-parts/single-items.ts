import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { parseSample } from '../../backend/src/domain/parse-sample.ts'
import type { Sample } from '../../backend/src/domain/sample.ts'

/** One item a sample, as the mission's earlier backend might have done it right: in batches of 25. */
export async function putItems(client: DynamoDBClient, TableName: string, samples: Sample[], now: number) {
  const items = samples.map(sample => {
    const result = parseSample(sample, now)
    if (!result.ok) throw new Error(JSON.stringify(result.faults))
    const { metric, canonical } = result.parsed
    return { pk: 'U#single', sk: `M#${metric.name}#${sample.start}#${sample.uuid}`, ...sample, canonical }
  })
  for (let at = 0; at < items.length; at += 25) {
    const RequestItems = {
      [TableName]: items.slice(at, at + 25).map(item => ({ PutRequest: { Item: marshall(item) } })),
    }
    await client.send(new BatchWriteItemCommand({ RequestItems, ReturnConsumedCapacity: 'TOTAL' }))
  }
}

/** Reads all of their heart rate. */
export async function queryItems(client: DynamoDBClient, TableName: string): Promise<void> {
  const documents = DynamoDBDocumentClient.from(client)
  let ExclusiveStartKey: QueryCommandOutput['LastEvaluatedKey']
  do {
    const page: QueryCommandOutput = await documents.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': 'U#single', ':sk': 'M#heart_rate#' },
        ExclusiveStartKey,
      }),
    )
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey)
}
