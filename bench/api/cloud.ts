import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createCognito } from '../../local-cloud/src/services/cognito-idp/cognito.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createS3 } from '../../local-cloud/src/services/s3/s3.ts'
import { createSqs } from '../../local-cloud/src/services/sqs/sqs.ts'
import { startTestCloud } from '../../local-cloud/src/testing.ts'
import { createPool, sentCode } from '../../test/backend/cognito-pool.ts'
import { createResources } from '../../test/backend/resources.ts'

/** A small AWS in a process of its own: tells the environment of the backend, and confirms addresses on demand. */
const cloud = await startTestCloud({ services: [createDynamodb, createS3, createSqs, createCognito] })
const pool = await createPool(cloud, 'OFF')
const clients = {
  dynamodb: new DynamoDBClient(cloud.client),
  s3: new S3Client({ ...cloud.client, forcePathStyle: true }),
  sqs: new SQSClient(cloud.client),
}
const names = await createResources(clients, 3)
// A profile is written when a process ends by itself.
process.on('SIGTERM', () => process.exit())
process.on('message', async (email: string) => process.send?.(await sentCode(cloud, email)))
process.send?.({
  ENVIRONMENT: 'bench',
  RELEASE: 'bench',
  HOST: '127.0.0.1',
  PORT: '0',
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL: cloud.endpoint,
  AWS_ACCESS_KEY_ID: cloud.key.accessKeyId,
  AWS_SECRET_ACCESS_KEY: cloud.key.secretAccessKey,
  SKIP_EXTERNAL_SERVICES: 'true',
  LOG_LEVEL: 'info',
  TABLE_NAME: names.tableName,
  RAW_BUCKET: names.bucket,
  QUEUE_URL: names.queueUrl,
  USER_POOL_ID: pool.userPoolId,
  USER_POOL_CLIENT_ID: pool.clientId,
  COGNITO_ISSUER: pool.issuer,
})
