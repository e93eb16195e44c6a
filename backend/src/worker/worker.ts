import type { UploadStore } from '../adapters/dynamodb/upload-store.ts'
import type { QueueMessage, UploadQueue } from '../adapters/sqs/upload-queue.ts'
import { failureReason } from '../api/health/checks.ts'
import {
  UnprocessableUpload,
  type UploadCounts,
  type UploadPointer,
  type WorkError,
} from '../domain/upload.ts'
import type { Log } from '../logging.ts'
import { withTrace } from '../trace.ts'
import { type EraseDeps, eraseAccount, eraseLeftovers } from './erase.ts'
import { type ExportDeps, writeExport } from './export/write-export.ts'
import { parsePointer } from './pointer.ts'
import { type ProcessDeps, processUpload } from './process-upload.ts'
import { type RebuildDeps, rebuild } from './rebuild/rebuild.ts'
import { createTally } from './tally.ts'

export interface WorkerDeps extends ProcessDeps, ExportDeps, EraseDeps, RebuildDeps {
  uploads: UploadStore
  queue: UploadQueue
  log: Log
  /** Messages worked on side by side, of different users. @default 4 */
  concurrency?: number
  /** How long a message stays hidden; it is renewed at a third of that while work lasts. @default 60 */
  visibilitySeconds?: number
  /** Long poll. SQS takes 20 at most. @default 20 */
  waitSeconds?: number
  /** The queue's `maxReceiveCount`: on the last receive a failure is final, and the message goes to the DLQ. @default 5 */
  maxReceiveCount?: number
  /** Pause after a failed poll in milliseconds, so that a dead queue is not hammered. @default 1000 */
  pauseMs?: number
}

export interface Worker {
  /** Polls until stopped; resolves then. */
  start(): Promise<void>
  /** Takes no further message, finishes those in hand, and resolves when all is done. */
  stop(): Promise<void>
}

/**
 * Turns pointers on the queue into stored samples. Whatever happens at whatever point, a message is removed only after
 * its samples and its upload's status are durable, and doing it all again changes nothing.
 */
export function createWorker(deps: WorkerDeps): Worker {
  const { queue, uploads, log } = deps
  const visibility = deps.visibilitySeconds ?? 60
  const maxReceives = deps.maxReceiveCount ?? 5
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  async function lane(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const message = await queue.receive(deps.waitSeconds ?? 20, visibility, stopping.signal)
        if (message) await handle(message)
      } catch (error) {
        log.error('queue failed', { dependency: 'queue', error })
        await pause(deps.pauseMs ?? 1000, stopping.signal)
      }
    }
  }

  async function handle(message: QueueMessage): Promise<void> {
    const pointer = parsePointer(message.body)
    return withTrace(pointer?.trace_id, () => handlePointer(message, pointer))
  }

  async function handlePointer(message: QueueMessage, pointer: UploadPointer | undefined): Promise<void> {
    const about = { message_id: message.id, attempt: message.receiveCount }
    // Without a pointer there is nobody to tell; the message stays until it reaches the dead-letter queue.
    if (!pointer) return log.error('message is not a pointer', about)
    const started = performance.now()
    const sinceReceipt = (): number => Math.max(0, deps.clock.now() - Date.parse(pointer.received_at))
    if (message.receiveCount === 1)
      log.measure('work taken up', { queue_age_ms: sinceReceipt() }, { ...about, kind: pointer.kind })
    const stopRenewing = renew(message)
    try {
      const { counts, outcome } = await work(pointer)
      await queue.remove(message)
      const duration_ms = Math.round(performance.now() - started)
      log.measure(
        outcome,
        { ingest_lag_ms: sinceReceipt() },
        {
          ...about,
          ...counts,
          upload_id: pointer.upload_id,
          kind: pointer.kind,
          duration_ms,
        },
      )
    } catch (error) {
      log.error('upload not processed', { ...about, upload_id: pointer.upload_id, kind: pointer.kind, error })
      await keepReason(message, pointer, error)
      // Shown again soon: the rest of its group, this user's next uploads, waits for it.
      await queue.extend(message, Math.min(2 ** message.receiveCount, visibility))
    } finally {
      stopRenewing()
    }
  }

  /** Whatever becomes of an upload is known to its record, also when the message goes to the dead-letter queue. */
  async function keepReason(message: QueueMessage, pointer: UploadPointer, error: unknown): Promise<void> {
    if (pointer.kind === 'erasure') return
    await uploads.stumbled(pointer, workError(error, message.receiveCount, deps.clock.now()))
    if (message.receiveCount >= maxReceives) await uploads.failed(pointer, GIVEN_UP)
  }

  async function work(pointer: UploadPointer): Promise<{ outcome: string; counts?: UploadCounts }> {
    if (pointer.kind === 'erasure') {
      await eraseAccount(deps, pointer)
      return { outcome: 'account erased' }
    }
    const done = (await deps.erasures.isErased(pointer.user_id)) ? undefined : await store(pointer)
    // Asked again at the end: an erasure may have come between, and a worker that was taken for dead may be late.
    if (!(await deps.erasures.isErased(pointer.user_id))) return done ?? { outcome: 'account is erased' }
    await eraseLeftovers(deps, pointer.user_id)
    return { outcome: 'account is erased' }
  }

  async function store(pointer: UploadPointer): Promise<{ outcome: string; counts?: UploadCounts }> {
    const upload = await uploads.start(pointer)
    if (!upload) return { outcome: 'upload was processed before' }
    if (pointer.kind === 'export') {
      const result = await writeExport(deps, pointer)
      await uploads.processed(pointer, { result: { ...result } })
      return { outcome: 'export written' }
    }
    if (pointer.kind === 'rebuild') {
      const result = await rebuild(deps, pointer)
      await uploads.processed(pointer, { result: { ...result } })
      return { outcome: 'rebuilt' }
    }
    const tally = createTally()
    try {
      await processUpload(deps, upload, pointer, tally)
    } catch (error) {
      if (!(error instanceof UnprocessableUpload)) throw error
      await uploads.failed(pointer, error.message, tally.counts())
      return { counts: tally.counts(), outcome: 'upload cannot be processed' }
    }
    await uploads.processed(pointer, { counts: tally.counts(), rejections: tally.rejections() })
    return { counts: tally.counts(), outcome: 'upload processed' }
  }

  /** Keeps a message hidden while work lasts. */
  function renew(message: QueueMessage): () => void {
    const extend = (): Promise<void> =>
      queue
        .extend(message, visibility)
        .catch(error =>
          log.warn('message may be shown again', { message_id: message.id, reason: failureReason(error) }),
        )
    const timer = setInterval(extend, (visibility * 1000) / 3)
    return () => clearInterval(timer)
  }

  return {
    start: () => {
      running ??= Promise.all(Array.from({ length: deps.concurrency ?? 4 }, lane)).then(() => {})
      return running
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

const GIVEN_UP =
  'it could not be processed after several attempts; it is kept, and the operators can process it again. Sending it again does not help'

function workError(error: unknown, attempt: number, now: number): WorkError {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown }
  return {
    at: new Date(now).toISOString(),
    attempt,
    type: typeof name === 'string' ? name.slice(0, 100) : 'unknown',
    ...(typeof code === 'string' && { code: code.slice(0, 100) }),
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
