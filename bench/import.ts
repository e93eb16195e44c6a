import { execFileSync, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { keys } from '../backend/src/adapters/dynamodb/keys.ts'
import { createPartition } from '../backend/src/adapters/dynamodb/partition.ts'
import { createUploadStore } from '../backend/src/adapters/dynamodb/upload-store.ts'
import { createRawStore } from '../backend/src/adapters/s3/raw-store.ts'
import { createUploadQueue } from '../backend/src/adapters/sqs/upload-queue.ts'
import type { Upload, UploadPointer } from '../backend/src/domain/upload.ts'
import { createDynamodb } from '../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createS3 } from '../local-cloud/src/services/s3/s3.ts'
import { createSqs } from '../local-cloud/src/services/sqs/sqs.ts'
import { startTestCloud } from '../local-cloud/src/testing.ts'
import { createResources } from '../test/backend/resources.ts'
import { generateExport } from './import-parts/generate.ts'

/**
 * A generated export of 1 GB (`node bench/import.ts [megabytes] [read | import]`): read by us and by saxes, in turn and in
 * processes of their own; then imported by a worker process from the local cloud; then once more, killed with SIGKILL
 * three times. Which of the two may be named, to have it alone.
 */
const MEGABYTES = Number(process.argv[2] ?? 1000)
const ONLY = process.argv[3]
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const folder = await mkdtemp(join(tmpdir(), 'bench-import-'))
const path = join(folder, 'export.xml')
const size = await generateExport(path, MEGABYTES * 1e6)
print(`export.xml of ${(size / 1e6).toFixed(0)} MB`)

if (ONLY !== 'import') readInTurn()
if (ONLY === 'read') {
  await rm(folder, { recursive: true, force: true })
  process.exit()
}

const cloud = await startTestCloud({
  services: [createDynamodb, createS3, createSqs],
  state: join(folder, 'state'),
})
const clients = {
  dynamodb: new DynamoDBClient(cloud.client),
  s3: new S3Client({ ...cloud.client, forcePathStyle: true }),
  sqs: new SQSClient(cloud.client),
}
const names = await createResources(clients, 50)
const clock = { now: () => Date.parse('2026-11-24T12:00:00Z') }
const inTable = { client: clients.dynamodb, tableName: names.tableName, clock }
const uploads = createUploadStore(inTable)
const partition = createPartition(inTable)
const pointer: UploadPointer = {
  version: 1,
  user_id: 'u1',
  upload_id: '3f0c6a52-4b1e-8f00-9c1d-0123456789ab',
  kind: 'import',
  key: 'raw/u1/import-1',
  received_at: '2026-11-24T12:00:00.000Z',
}
await createRawStore({ client: clients.s3, bucket: names.bucket }).putStream(
  pointer.key,
  createReadStream(path),
  'application/xml',
)

const whole = await runImport([])
print(`imported: ${describe(whole)}`)
const halfway = await runImport([0.25, 0.5, 0.75])
print(
  `imported, killed at ${halfway.killedAt.map(share => (share * 100).toFixed(0)).join(', ')} %: ${describe(halfway)}`,
)
const different = [...new Set([...whole.state.keys(), ...halfway.state.keys()])].filter(
  sk => whole.state.get(sk) !== halfway.state.get(sk),
)
print(
  different.length === 0
    ? `the same ${whole.state.size} items, byte for byte`
    : `THE STATES DIFFER in ${different.length} of ${whole.state.size} items: ${different.slice(0, 10).join(', ')}`,
)
await cloud.dispose()
await rm(folder, { recursive: true, force: true })
if (different.length > 0 || whole.counts !== halfway.counts) process.exit(1)

/** Each reader twice, and the best of each against the others. */
function readInTurn(): void {
  const best: Record<string, number> = {}
  for (let run = 0; run < 2; run++)
    for (const reader of ['saxes', 'saxes-samples', 'own']) {
      const script = new URL('./import-parts/readers.ts', import.meta.url).pathname
      const { records, wallMs, cpuMs, rssMb } = JSON.parse(
        execFileSync(process.execPath, [script, reader, path], { encoding: 'utf8' }),
      )
      best[reader] = Math.max(best[reader] ?? 0, size / 1e3 / cpuMs)
      print(
        `read by ${reader}: ${records} records, ${(size / 1e3 / wallMs).toFixed(0)} MB/s, ${(size / 1e3 / cpuMs).toFixed(0)} MB a processor second, ${rssMb.toFixed(0)} MB resident`,
      )
    }
  for (const other of ['saxes', 'saxes-samples'])
    print(`own against ${other}: ${((best.own ?? 0) / (best[other] ?? 1)).toFixed(1)} times (the bar: 2)`)
}

/** Imports from nothing. @param killAt shares of the export at which the worker is killed, rising */
async function runImport(killAt: readonly number[]) {
  await partition.remove(pointer.user_id)
  await createUploadQueue({ client: clients.sqs, queueUrl: names.queueUrl }).send({
    ...pointer,
    upload_id: pointer.upload_id,
  })
  const started = performance.now()
  let child = startWorker()
  const killedAt: number[] = []
  let upload: Upload | undefined
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, 50))
    upload = await uploads.get(pointer.user_id, pointer.upload_id)
    if (upload?.status === 'processed') break
    if (upload?.status === 'failed') throw new Error(upload.reason)
    const share = upload?.progress ? upload.progress.bytes / upload.progress.total : 0
    if (share < (killAt[killedAt.length] ?? Number.POSITIVE_INFINITY)) continue
    killedAt.push(share)
    child.kill('SIGKILL')
    await once(child, 'exit')
    child = startWorker()
  }
  const wallMs = performance.now() - started
  const told = once(child, 'message')
  child.send('stop')
  const [{ cpuMs, rssMb }] = (await told) as [{ cpuMs: number; rssMb: number }]
  await once(child, 'exit')
  // The queue takes the same upload again only after the five minutes of its deduplication.
  cloud.clock.advance(6 * 60_000)
  const state = new Map<string, string>()
  for await (const { processed_at: _, ...item } of partition.items(pointer.user_id)) {
    // Neither is of the data: events tell what was done when, and the revision counts the merges, also the repeated ones.
    if (item.sk.startsWith('EVENT#') || item.sk === keys.revision) continue
    const text = JSON.stringify(item, (_key, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    )
    state.set(item.sk, createHash('sha256').update(text).digest('hex'))
  }
  return {
    wallMs,
    cpuMs,
    rssMb,
    killedAt,
    counts: JSON.stringify(upload?.counts),
    state,
  }
}

function describe({ wallMs, cpuMs, rssMb, counts }: Awaited<ReturnType<typeof runImport>>): string {
  return `${counts}, ${(size / 1e3 / wallMs).toFixed(1)} MB/s end to end, last worker ${(cpuMs / 1000).toFixed(0)} s of processor, ${rssMb.toFixed(0)} MB resident (the bar: 250)`
}

function startWorker() {
  const { accessKeyId, secretAccessKey } = cloud.client.credentials
  return fork(new URL('./import-parts/worker-child.ts', import.meta.url), {
    // What Node takes of the 512 MB of the worker's container: half.
    execArgv: ['--max-old-space-size=256'],
    env: {
      PATH: process.env.PATH,
      ENVIRONMENT: 'bench',
      RELEASE: 'bench',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: cloud.endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      TABLE_NAME: names.tableName,
      RAW_BUCKET: names.bucket,
      QUEUE_URL: names.queueUrl,
      USER_POOL_ID: 'us-east-1_bench',
    },
  })
}
