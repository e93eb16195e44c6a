import { uuidFrom } from './derived-uuid.ts'

/** What an upload holds: a batch of JSON samples, an Apple Health export, or the UUIDs of deleted samples. */
export type UploadKind = 'samples' | 'import' | 'deletions'
/** What the worker is asked for: to store an upload, or to export, erase or rebuild all that a user has. */
export type WorkKind = UploadKind | 'export' | 'erasure' | 'rebuild'
/** `received` (durable, queued) → `processing` → `processed`, or `failed` with a reason. */
export type UploadStatus = 'received' | 'processing' | 'processed' | 'failed'

export interface UploadCounts {
  /** Samples that this upload brought and that were not there before. */
  accepted: number
  /** Samples that were there already, or came twice in this upload. */
  duplicate: number
  /** Records that cannot be stored; see the rejections. */
  rejected: number
}

/** So many records of a type refused for one cause. Holds no value of theirs. */
export interface Rejection {
  type: string
  code: string
  count: number
}

/** How far a long piece of work has come. */
export interface Progress {
  /** Bytes of the upload that have been read, and how many there are. */
  bytes: number
  total: number
  /** Samples seen so far, stored or refused. */
  samples: number
}

/** Where an import can be taken up again: everything before this is stored. */
export interface Checkpoint {
  /** Offset in the XML, in bytes; a record starts there. */
  offset: number
  /** Line of the XML there, for messages. */
  line: number
  /** Records that were good, and that were refused, before it. */
  good: number
  rejected: number
  rejections: Rejection[]
}

/** The last thing that went wrong with a piece of work, for operators. Holds no message: those quote values. */
export interface WorkError {
  at: string
  /** Which attempt it was; the queue gives up after five. */
  attempt: number
  /** Name and code of the error, such as `TimeoutError`. */
  type: string
  code?: string
}

/** One upload or other piece of work, as its owner may see it. */
export interface Upload {
  userId: string
  id: string
  kind: WorkKind
  status: UploadStatus
  counts: UploadCounts
  receivedAt: string
  processedAt?: string
  reason?: string
  rejections?: Rejection[]
  progress?: Progress
  checkpoint?: Checkpoint
  lastError?: WorkError
  /** What else came of it, such as the object of an export. */
  result?: Record<string, unknown>
  /** Key of the raw envelope; what else is asked for, such as an export's format, where there is none. */
  key: string
  /** When the pointer was put on the queue; absent while that has not been seen to succeed. */
  queuedAt?: string
}

/** What the queue carries: a pointer, never data. */
export interface UploadPointer {
  version: 1
  user_id: string
  upload_id: string
  kind: WorkKind
  key: string
  received_at: string
  /** Of the request that it came with. */
  trace_id?: string
}

/** Ends an upload for good: what came can never be processed. The message says what to do instead. */
export class UnprocessableUpload extends Error {
  override readonly name = 'UnprocessableUpload'
}

/**
 * The id of an upload follows from its owner and its content, so that the same content again is the same upload.
 * A UUID of version 8 (RFC 9562): SHA-256 of both.
 */
export function uploadId(userId: string, contentHash: string): string {
  return uuidFrom(`upload\n${userId}\n${contentHash}`)
}

/** Key of the raw envelope that lies under its content's SHA-256. */
export function envelopeKey(userId: string, contentHash: string): string {
  return `raw/${userId}/${contentHash}`
}

/**
 * The content's SHA-256 where an upload is of a batch that lies under it and has the id that follows from it;
 * `undefined` for anything else: only what can be found again by its hash may be named by it.
 */
export function contentHashOf({ kind, key, user_id, upload_id }: UploadPointer): string | undefined {
  const contentHash = key.slice(key.lastIndexOf('/') + 1)
  const follows =
    kind === 'samples' &&
    /^[0-9a-f]{64}$/.test(contentHash) &&
    key === envelopeKey(user_id, contentHash) &&
    upload_id === uploadId(user_id, contentHash)
  return follows ? contentHash : undefined
}

export const NO_COUNTS: UploadCounts = { accepted: 0, duplicate: 0, rejected: 0 }
