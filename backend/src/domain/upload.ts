import { uuidFrom } from './derived-uuid.ts'

/** What an upload holds: a batch of JSON samples, or an Apple Health export. */
export type UploadKind = 'samples' | 'import'
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

/** One upload, as its owner may see it. */
export interface Upload {
  userId: string
  id: string
  kind: UploadKind
  status: UploadStatus
  counts: UploadCounts
  receivedAt: string
  processedAt?: string
  reason?: string
  rejections?: Rejection[]
  /** Key of the raw envelope. */
  key: string
  /** When the pointer was put on the queue; absent while that has not been seen to succeed. */
  queuedAt?: string
}

/** What the queue carries: a pointer, never data. */
export interface UploadPointer {
  version: 1
  user_id: string
  upload_id: string
  kind: UploadKind
  key: string
  received_at: string
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

export const NO_COUNTS: UploadCounts = { accepted: 0, duplicate: 0, rejected: 0 }
