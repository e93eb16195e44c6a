import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { HeadBucketCommand } from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { createErasureStore, type ErasureStore } from './adapters/dynamodb/erasure-store.ts'
import { createIdempotencyStore, type IdempotencyStore } from './adapters/dynamodb/idempotency-store.ts'
import { createImportStore, type ImportStore } from './adapters/dynamodb/import-store.ts'
import { createInsightStore } from './adapters/dynamodb/insight-store.ts'
import { createPartition, type Partition } from './adapters/dynamodb/partition.ts'
import { createSampleStore, type SampleStore } from './adapters/dynamodb/sample-store.ts'
import { createUploadStore, type UploadStore } from './adapters/dynamodb/upload-store.ts'
import { createDownloads, type Downloads } from './adapters/s3/downloads.ts'
import { createMultipartStore, type MultipartStore } from './adapters/s3/multipart.ts'
import { createRawStore, type RawStore } from './adapters/s3/raw-store.ts'
import { createObjectSweep, type ObjectSweep } from './adapters/s3/sweep.ts'
import { createUploadQueue, type UploadQueue } from './adapters/sqs/upload-queue.ts'
import { createAwsClients } from './aws-clients.ts'
import type { WorkerConfig } from './config.ts'
import type { Clock } from './domain/clock.ts'
import type { InsightStore } from './domain/insights/insight.ts'

export interface AwsAdapters {
  samples: SampleStore
  uploads: UploadStore
  raw: RawStore
  queue: UploadQueue
  insights: InsightStore
  idempotency: IdempotencyStore
  erasures: ErasureStore
  imports: ImportStore
  partition: Partition
  multipart: MultipartStore
  downloads: Downloads
  sweep: ObjectSweep
  ask: {
    table(signal: AbortSignal): Promise<unknown>
    bucket(signal: AbortSignal): Promise<unknown>
    queue(signal: AbortSignal): Promise<unknown>
  }
}

/** Everything that is kept in AWS, for the API and the worker alike, and the question whether each part answers. */
export function createAwsAdapters(config: WorkerConfig, clock: Clock): AwsAdapters {
  const { dynamodb, s3, s3Signer, sqs } = createAwsClients(config)
  const { table: TableName, bucket: Bucket, queueUrl: QueueUrl } = config
  const inBucket = { client: s3, bucket: Bucket }
  const inTable = { client: dynamodb, tableName: TableName, clock }
  return {
    samples: createSampleStore(inTable),
    uploads: createUploadStore(inTable),
    raw: createRawStore(inBucket),
    multipart: createMultipartStore({ ...inBucket, signer: s3Signer }),
    downloads: createDownloads(inBucket),
    sweep: createObjectSweep(inBucket),
    idempotency: createIdempotencyStore(inTable),
    erasures: createErasureStore(inTable),
    imports: createImportStore(inTable),
    partition: createPartition(inTable),
    queue: createUploadQueue({ client: sqs, queueUrl: QueueUrl }),
    insights: createInsightStore(inTable),
    ask: {
      table: abortSignal => dynamodb.send(new DescribeTableCommand({ TableName }), { abortSignal }),
      bucket: abortSignal => s3.send(new HeadBucketCommand({ Bucket }), { abortSignal }),
      queue: abortSignal => {
        const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] })
        return sqs.send(command, { abortSignal })
      },
    },
  }
}
