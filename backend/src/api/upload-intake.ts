import Type, { type Static } from 'typebox'
import type { ErasureStore } from '../adapters/dynamodb/erasure-store.ts'
import type { IdempotencyStore } from '../adapters/dynamodb/idempotency-store.ts'
import type { UploadStore } from '../adapters/dynamodb/upload-store.ts'
import { OriginalMissing, OriginalsUnreachable } from '../adapters/s3/originals.ts'
import type { RawStore } from '../adapters/s3/raw-store.ts'
import type { UploadQueue } from '../adapters/sqs/upload-queue.ts'
import type { Clock } from '../domain/clock.ts'
import { NO_COUNTS, type Upload, uploadId, type WorkKind } from '../domain/upload.ts'
import type { Log } from '../logging.ts'
import { Problem } from '../problem.ts'
import { failureReason } from './health/checks.ts'

/** What taking in an upload needs. */
export interface IntakeDeps {
  uploads: UploadStore
  raw: RawStore
  queue: UploadQueue
  idempotency: IdempotencyStore
  erasures: Pick<ErasureStore, 'isErased'>
  clock: Clock
  log: Log
}

/** `status` in answers about uploads. */
export const Status = Type.Union(
  [Type.Literal('received'), Type.Literal('processing'), Type.Literal('processed'), Type.Literal('failed')],
  { description: 'received: durable and queued; processed: readable; failed: see the reason.' },
)

/** Answer to an upload that was taken in. */
export const Accepted = Type.Object({
  upload_id: Type.String({ format: 'uuid' }),
  status: Status,
})
export type Accepted = Static<typeof Accepted>

/**
 * Records an upload whose raw body is stored, and queues it, in this order: what is answered with 202 is then in S3,
 * in the table and on the queue. The same content again is the same upload, and is queued only if it never was.
 * @returns the upload as it stands
 */
export async function takeIn(
  deps: IntakeDeps,
  given: { userId: string; contentHash: string; kind: WorkKind; key: string; receivedAt: string },
): Promise<Upload> {
  const { userId, kind, key, receivedAt } = given
  if (await dependency(deps, 'table', () => deps.erasures.isErased(userId))) throw accountErased()
  const id = uploadId(userId, given.contentHash)
  const upload: Upload = { userId, id, kind, key, receivedAt, status: 'received', counts: NO_COUNTS }
  const known = await dependency(deps, 'table', () => deps.uploads.create(upload))
  const current = known ?? upload
  if (current.status !== 'received' || current.queuedAt) return current
  const pointer = { user_id: userId, upload_id: id, kind, key: current.key, received_at: current.receivedAt }
  await dependency(deps, 'queue', () => deps.queue.send({ version: 1, ...pointer }))
  await dependency(deps, 'table', () => deps.uploads.queued(userId, id))
  return current
}

/** The answer to an access token that outlives its account, for minutes at most. */
export function accountErased(): Problem {
  const detail = 'this account and all its data have been erased; nothing more is taken in for it'
  return new Problem(410, 'account_erased', 'The account is gone', detail)
}

/** Runs a call to a dependency; where it fails the client is told that sending again is safe. */
export async function dependency<T>(deps: { log: Log }, name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    if (cause instanceof OriginalMissing) throw originalMissing(deps, cause)
    const dependency = cause instanceof OriginalsUnreachable ? 'bucket' : name
    deps.log.error('dependency failed', { dependency, reason: failureReason(cause), error: cause })
    const detail = `the ${dependency} does not answer; nothing was doubled or lost: send the same again in a few seconds`
    throw new Problem(503, 'service_unavailable', 'Not available just now', detail, {
      headers: { 'retry-after': '5' },
      cause,
    })
  }
}

/** A damage that no repetition mends: nobody is told to wait, and both sides hear which upload it is. */
function originalMissing(deps: { log: Log }, cause: OriginalMissing): Problem {
  deps.log.error('original missing', { dependency: 'bucket', upload_id: cause.upload, error: cause })
  const detail = `what upload ${cause.upload} brought cannot be given back as it was sent: its original is missing or damaged. Nothing is made up in its place`
  return new Problem(500, 'original_missing', 'An original is missing', detail, { cause })
}
