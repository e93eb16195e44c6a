import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'

export interface AwsClients {
  dynamodb: DynamoDBClient
  s3: S3Client
  sqs: SQSClient
}

/** The SDK's clients; endpoint and credentials come to them by the SDK's own variables, as on AWS. */
export function createAwsClients(config: { region: string; endpoint?: string }): AwsClients {
  const { region, endpoint } = config
  return {
    dynamodb: new DynamoDBClient({
      region,
      maxAttempts: 4,
      requestHandler: { ...CONNECT, requestTimeout: 5000 },
    }),
    // A local endpoint has no host name for each bucket.
    s3: new S3Client({ region, forcePathStyle: endpoint !== undefined, requestHandler: CONNECT }),
    // The worker waits for messages for up to 20 s.
    sqs: new SQSClient({ region, requestHandler: { ...CONNECT, requestTimeout: 30_000 } }),
  }
}

const CONNECT = { connectionTimeout: 2000, socketTimeout: 60_000 }
