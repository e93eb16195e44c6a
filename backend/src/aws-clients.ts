import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { breakCircuits } from './adapters/circuit.ts'

export interface AwsClients {
  dynamodb: DynamoDBClient
  s3: S3Client
  /** Only for URLs that others send bodies to: it computes no checksums, which would be those of no body. */
  s3Signer: S3Client
  sqs: SQSClient
}

/** The SDK's clients; endpoint and credentials come to them by the SDK's own variables, as on AWS. */
export function createAwsClients(config: { region: string; endpoint?: string }): AwsClients {
  const { region, endpoint } = config
  // A local endpoint has no host name for each bucket.
  const s3 = { region, forcePathStyle: endpoint !== undefined, requestHandler: CONNECT }
  return {
    dynamodb: breakCircuits(
      new DynamoDBClient({
        region,
        maxAttempts: 4,
        requestHandler: { ...CONNECT, requestTimeout: 5000 },
      }),
      { service: 'dynamodb' },
    ),
    s3: breakCircuits(new S3Client(s3), { service: 's3' }),
    s3Signer: new S3Client({ ...s3, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    // The worker waits for messages for up to 20 s.
    sqs: breakCircuits(
      new SQSClient({ region, requestHandler: { ...CONNECT, requestTimeout: 30_000 } }),
      // A poll lasts long and pauses by itself.
      { service: 'sqs', except: ['ReceiveMessageCommand'] },
    ),
  }
}

const CONNECT = { connectionTimeout: 2000, socketTimeout: 60_000 }
