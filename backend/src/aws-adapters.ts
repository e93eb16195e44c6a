import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import type { KMSClient } from '@aws-sdk/client-kms'
import { HeadBucketCommand } from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { announcingInsights, announcingUploads } from './adapters/dynamodb/announce.ts'
import { type AuditStore, createAuditStore } from './adapters/dynamodb/audit-store.ts'
import { createErasureStore, type ErasureStore } from './adapters/dynamodb/erasure-store.ts'
import { createEventStore } from './adapters/dynamodb/event-store.ts'
import { createGrantStore, type GrantStore } from './adapters/dynamodb/grant-store.ts'
import { createIdempotencyStore, type IdempotencyStore } from './adapters/dynamodb/idempotency-store.ts'
import { createImportStore, type ImportStore } from './adapters/dynamodb/import-store.ts'
import { createInsightStore, type StoredInsights } from './adapters/dynamodb/insight-store.ts'
import { createPartition, type Partition } from './adapters/dynamodb/partition.ts'
import { createRevisions, type Revisions } from './adapters/dynamodb/revisions.ts'
import { createSampleStore, type SampleStore } from './adapters/dynamodb/sample-store.ts'
import { createSessionStore, type SessionStore } from './adapters/dynamodb/session-store.ts'
import { createUploadStore, type UploadStore } from './adapters/dynamodb/upload-store.ts'
import { createWrappedKeys } from './adapters/dynamodb/wrapped-keys.ts'
import { createVault, openVault, type Vault } from './adapters/kms/vault.ts'
import { createDownloads, type Downloads } from './adapters/s3/downloads.ts'
import { createMultipartStore, type MultipartStore } from './adapters/s3/multipart.ts'
import { createOriginals, type Originals } from './adapters/s3/originals.ts'
import { createRawStore, type RawStore } from './adapters/s3/raw-store.ts'
import { createObjectSweep, type ObjectSweep } from './adapters/s3/sweep.ts'
import { createUploadQueue, type UploadQueue } from './adapters/sqs/upload-queue.ts'
import { createAwsClients } from './aws-clients.ts'
import type { WorkerConfig } from './config.ts'
import type { Clock } from './domain/clock.ts'
import type { InsightStore } from './domain/insights/insight.ts'
import type { EventStore } from './domain/user-event.ts'

export interface AwsAdapters {
  samples: SampleStore
  revisions: Revisions
  events: EventStore
  uploads: UploadStore
  raw: RawStore
  originals: Originals
  queue: UploadQueue
  insights: InsightStore
  /** Opens an item of an insight, for an export. */
  openInsight: StoredInsights['opened']
  idempotency: IdempotencyStore
  erasures: ErasureStore
  grants: GrantStore
  audit: AuditStore
  sessions: SessionStore
  imports: ImportStore
  partition: Partition
  multipart: MultipartStore
  downloads: Downloads
  sweep: ObjectSweep
  /** Of the role that all of this is done as. */
  credentials(): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>
  ask: {
    table(signal: AbortSignal): Promise<unknown>
    bucket(signal: AbortSignal): Promise<unknown>
    queue(signal: AbortSignal): Promise<unknown>
  }
}

/**
 * Everything that is kept in AWS, for the API and the worker alike, and the question whether each part answers.
 * @param more `originalsBytes`: memory for UUIDs that were looked up
 */
export function createAwsAdapters(
  config: WorkerConfig,
  clock: Clock,
  more: { originalsBytes?: number } = {},
): AwsAdapters {
  const { dynamodb, s3, s3Signer, sqs } = createAwsClients(config)
  const { table: TableName, bucket: Bucket, queueUrl: QueueUrl } = config
  const inBucket = { client: s3, bucket: Bucket }
  const inTable = { client: dynamodb, tableName: TableName, clock }
  const raw = createRawStore(inBucket)
  const originals = createOriginals({ raw, mostBytes: more.originalsBytes })
  const erasures = createErasureStore(inTable)
  const insights = createInsightStore({ ...inTable, vault: vaultOf(config, inTable), erasures })
  const events = createEventStore({ ...inTable, newId: () => crypto.randomUUID().slice(0, 8) })
  return {
    samples: createSampleStore({ ...inTable, originals }),
    originals,
    revisions: createRevisions(inTable),
    events,
    uploads: announcingUploads(createUploadStore(inTable), events),
    raw,
    multipart: createMultipartStore({ ...inBucket, signer: s3Signer }),
    downloads: createDownloads(inBucket),
    sweep: createObjectSweep(inBucket),
    idempotency: createIdempotencyStore(inTable),
    erasures,
    grants: createGrantStore(inTable),
    audit: createAuditStore(inTable),
    sessions: createSessionStore(inTable),
    imports: createImportStore(inTable),
    partition: createPartition(inTable),
    queue: createUploadQueue({ client: sqs, queueUrl: QueueUrl }),
    insights: announcingInsights(insights, events),
    openInsight: insights.opened,
    credentials: () => dynamodb.config.credentials(),
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

/** Sealed by KMS where a key is configured; its client is loaded with the first insight. */
function vaultOf(
  { dataKeyId, region }: WorkerConfig,
  inTable: Parameters<typeof createWrappedKeys>[0] & { clock: Clock },
): Vault {
  if (!dataKeyId) return openVault
  let client: Promise<KMSClient> | undefined
  return createVault({
    keyId: dataKeyId,
    keys: createWrappedKeys(inTable),
    now: inTable.clock.now,
    kms: () => {
      client ??= import('./adapters/kms/sdk.ts').then(
        ({ KMSClient }) => new KMSClient({ region, maxAttempts: 3 }),
      )
      return client
    },
  })
}
