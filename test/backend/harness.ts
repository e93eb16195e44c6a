import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { FastifyInstance } from 'fastify'
import { announcingUploads } from '../../backend/src/adapters/dynamodb/announce.ts'
import { type AuditStore, createAuditStore } from '../../backend/src/adapters/dynamodb/audit-store.ts'
import { createErasureStore, type ErasureStore } from '../../backend/src/adapters/dynamodb/erasure-store.ts'
import { createEventStore } from '../../backend/src/adapters/dynamodb/event-store.ts'
import { createGrantStore } from '../../backend/src/adapters/dynamodb/grant-store.ts'
import { createIdempotencyStore } from '../../backend/src/adapters/dynamodb/idempotency-store.ts'
import { createImportStore } from '../../backend/src/adapters/dynamodb/import-store.ts'
import { createInsightStore } from '../../backend/src/adapters/dynamodb/insight-store.ts'
import { createPartition, type Partition } from '../../backend/src/adapters/dynamodb/partition.ts'
import { createRevisions } from '../../backend/src/adapters/dynamodb/revisions.ts'
import { createSampleStore, type SampleStore } from '../../backend/src/adapters/dynamodb/sample-store.ts'
import { createUploadStore, type UploadStore } from '../../backend/src/adapters/dynamodb/upload-store.ts'
import { createGeminiWording } from '../../backend/src/adapters/gemini/wording.ts'
import { openVault } from '../../backend/src/adapters/kms/vault.ts'
import { createDownloads } from '../../backend/src/adapters/s3/downloads.ts'
import { createMultipartStore } from '../../backend/src/adapters/s3/multipart.ts'
import { createOriginals } from '../../backend/src/adapters/s3/originals.ts'
import { createRawStore, type RawStore } from '../../backend/src/adapters/s3/raw-store.ts'
import { createObjectSweep, type ObjectSweep } from '../../backend/src/adapters/s3/sweep.ts'
import { createUploadQueue, type UploadQueue } from '../../backend/src/adapters/sqs/upload-queue.ts'
import { accountRoutes, erasureRoutes } from '../../backend/src/api/account/routes.ts'
import { createApp, type Guard } from '../../backend/src/api/app.ts'
import { auditRoutes } from '../../backend/src/api/audit/routes.ts'
import { createAuditTrail } from '../../backend/src/api/audit/trail.ts'
import { deletionRoutes } from '../../backend/src/api/deletions/routes.ts'
import { eventRoutes } from '../../backend/src/api/events/routes.ts'
import { exportRoutes } from '../../backend/src/api/exports/routes.ts'
import { grantRoutes } from '../../backend/src/api/grants/routes.ts'
import { healthDataRoutes } from '../../backend/src/api/health-data/routes.ts'
import { importRoutes } from '../../backend/src/api/imports/routes.ts'
import { legacyRoutes } from '../../backend/src/api/legacy/routes.ts'
import { createReads } from '../../backend/src/api/measures/read-cache.ts'
import { measureRoutes } from '../../backend/src/api/measures/routes.ts'
import { metricRoutes } from '../../backend/src/api/metrics/routes.ts'
import { summaryRoutes } from '../../backend/src/api/summaries/routes.ts'
import { uploadRoutes } from '../../backend/src/api/uploads/routes.ts'
import type { Clock } from '../../backend/src/domain/clock.ts'
import { createLog } from '../../backend/src/logging.ts'
import { createWorker, type Worker, type WorkerDeps } from '../../backend/src/worker/worker.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createS3 } from '../../local-cloud/src/services/s3/s3.ts'
import { createSqs } from '../../local-cloud/src/services/sqs/sqs.ts'
import { startTestCloud, type TestCloud } from '../../local-cloud/src/testing.ts'
import { createResources, depthOf } from './resources.ts'

/** The data half of the backend on a small AWS of its own. */
export interface Backend {
  cloud: TestCloud
  app: FastifyInstance
  samples: SampleStore
  uploads: UploadStore
  raw: RawStore
  queue: UploadQueue
  partition: Partition
  sweep: ObjectSweep
  erasures: ErasureStore
  audit: AuditStore
  /** Users whose sign-in has been removed. */
  signInsRemoved: string[]
  clients: { dynamodb: DynamoDBClient; s3: S3Client; sqs: SQSClient }
  names: { tableName: string; bucket: string; queueUrl: string; deadUrl: string }
  /** Everything that was logged. */
  logged: string[]
  /** A worker with some parts replaced; stopped by `dispose` if it still runs. */
  worker(replaced?: Partial<WorkerDeps>): Worker
  /** A request as a user: the token is the user's id. */
  as(user: string): {
    get(path: string): Promise<Answer>
    post(path: string, body: unknown, type?: string, headers?: Record<string, string>): Promise<Answer>
    remove(path: string): Promise<Answer>
    /** Sends samples and gives the upload's last status. */
    upload(samples: object[]): Promise<UploadStatus>
    /** Waits until an upload is processed or failed. */
    finished(id: string): Promise<UploadStatus>
  }
  depth(): Promise<number>
  dispose(): Promise<void>
}

export interface Answer {
  status: number
  headers: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on
  body: any
}

export interface UploadStatus {
  upload_id: string
  status: string
  counts: { accepted: number; duplicate: number; rejected: number }
  reason?: string
  rejections?: { type: string; code: string; count: number }[]
}

export async function startBackend(
  options: { maxReceiveCount?: number; maxImportBytes?: number; clock?: Clock; guard?: Partial<Guard> } = {},
): Promise<Backend> {
  const cloud = await startTestCloud({ services: [createDynamodb, createS3, createSqs] })
  const clients = {
    dynamodb: new DynamoDBClient(cloud.client),
    s3: new S3Client({ ...cloud.client, forcePathStyle: true }),
    sqs: new SQSClient(cloud.client),
  }
  const names = await createResources(clients, options.maxReceiveCount ?? 3)
  const logged: string[] = []
  const log = createLog({
    level: 'debug',
    release: 'test',
    environment: 'test',
    service: 'api',
    destination: { write: line => void logged.push(line) },
  })
  const clock = options.clock ?? { now: () => Date.now() }
  const inTable = { client: clients.dynamodb, tableName: names.tableName, clock }
  const events = createEventStore({ ...inTable, newId: () => crypto.randomUUID().slice(0, 8) })
  const uploads = announcingUploads(createUploadStore(inTable), events)
  const reads = createReads({ revisions: createRevisions(inTable), clock, log })
  const queue = createUploadQueue({ client: clients.sqs, queueUrl: names.queueUrl })
  const inBucket = { client: clients.s3, bucket: names.bucket }
  const raw = createRawStore(inBucket)
  const originals = createOriginals({ raw })
  const samples = createSampleStore({ ...inTable, originals })
  const signer = new S3Client({
    ...cloud.client,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const partition = createPartition(inTable)
  const sweep = createObjectSweep(inBucket)
  const erasures = createErasureStore(inTable)
  const grants = createGrantStore(inTable)
  const audit = createAuditStore(inTable)
  const idempotency = createIdempotencyStore(inTable)
  const signInsRemoved: string[] = []
  const identity = { removeUser: async (id: string) => signInsRemoved.push(id) > 0 }
  const intake = { uploads, raw, queue, idempotency, erasures, clock, log }
  const app = await createApp({
    release: 'test',
    log,
    tokens: { verify: async id => ({ id }) },
    auth: {} as never,
    insights: {
      summaries: samples,
      store: createInsightStore({ ...inTable, vault: openVault, erasures }),
      wording: createGeminiWording({
        ...{ skip: true, baa: false, model: 'none', random: Math.random, log },
        fetch: () => Promise.reject(new Error('nothing is asked here')),
      }),
      now: () => new Date(clock.now()),
      newId: () => crypto.randomUUID(),
    },
    checks: [],
    guard: { grants, trail: createAuditTrail(audit), clock, ...options.guard },
    routes: [
      healthDataRoutes({ ...intake, samples, reads }),
      deletionRoutes(intake),
      importRoutes({
        ...intake,
        imports: createImportStore(inTable),
        multipart: createMultipartStore({ ...inBucket, signer }),
        maxImportBytes: options.maxImportBytes ?? 1024 * 1024,
      }),
      exportRoutes({ ...intake, downloads: createDownloads(inBucket) }),
      accountRoutes(intake),
      uploadRoutes({ uploads, log }),
      summaryRoutes({ samples, reads }),
      measureRoutes({ samples, reads, clock }),
      eventRoutes({ events, clock, log, pollMs: 20, heartbeatMs: 50 }),
      legacyRoutes({ ...intake, samples }),
      metricRoutes(),
      grantRoutes({ grants, clock, log, newId: () => crypto.randomUUID() }),
      auditRoutes({ audit, log }),
    ],
    publicRoutes: [erasureRoutes({ erasures, log })],
    strictResponses: true,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const base = app.listeningOrigin
  const workers: Worker[] = []

  function worker(replaced: Partial<WorkerDeps> = {}): Worker {
    const made = createWorker({
      raw,
      originals,
      samples,
      uploads,
      queue,
      partition,
      sweep,
      erasures,
      identity,
      clock,
      log,
      maxReceiveCount: options.maxReceiveCount ?? 3,
      waitSeconds: 1,
      concurrency: 2,
      pauseMs: 10,
      ...replaced,
    })
    workers.push(made)
    return made
  }

  function as(user: string) {
    const send = async (path: string, init: RequestInit): Promise<Answer> => {
      const headers = { authorization: `Bearer ${user}`, ...(init.headers as Record<string, string>) }
      const response = await fetch(`${base}/api/v1${path}`, { ...init, headers })
      const text = await response.text()
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: text && JSON.parse(text),
      }
    }
    const get = (path: string) => send(path, {})
    const remove = (path: string) => send(path, { method: 'DELETE' })
    const post = (path: string, body: unknown, type = 'application/json', headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { 'content-type': type, ...headers },
        body: (typeof body === 'string' || body instanceof Uint8Array
          ? body
          : JSON.stringify(body)) as string,
      })
    const finished = async (id: string): Promise<UploadStatus> => {
      const deadline = Date.now() + 20_000
      for (;;) {
        const { body } = await get(`/uploads/${id}`)
        if (body.status === 'processed' || body.status === 'failed') return body
        if (Date.now() > deadline) throw new Error(`upload ${id} is still ${body.status}\n${logged.join('')}`)
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    }
    const upload = async (list: object[]): Promise<UploadStatus> => {
      const { status, body } = await post('/health-data', { samples: list })
      if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`)
      return finished(body.upload_id)
    }
    return { get, post, remove, upload, finished }
  }

  return {
    cloud,
    app,
    samples,
    uploads,
    raw,
    queue,
    partition,
    sweep,
    erasures,
    audit,
    signInsRemoved,
    clients,
    names,
    logged,
    worker,
    as,
    depth: () => depthOf(clients.sqs, names.queueUrl),
    dispose: async () => {
      await Promise.all(workers.map(each => each.stop()))
      await app.close()
      await cloud.dispose()
    },
  }
}
