import { json } from 'node:stream/consumers'
import { inParallel } from '../../adapters/dynamodb/in-parallel.ts'
import type { RawStore } from '../../adapters/s3/raw-store.ts'
import type { ObjectSweep } from '../../adapters/s3/sweep.ts'
import { type UploadPointer, uploadId } from '../../domain/upload.ts'
import type { Envelope } from '../process-upload.ts'

/**
 * The uploads that a user's raw envelopes stand for, in the order in which they came, as pointers. An upload's id
 * follows from its content, whose hash is the envelope's name; the envelope of an import names its body and its id.
 */
export async function rawUploads(
  deps: { raw: RawStore; sweep: ObjectSweep },
  userId: string,
): Promise<UploadPointer[]> {
  const envelopes: string[] = []
  for await (const key of deps.sweep.keys(`raw/${userId}/`)) if (!BODY.test(key)) envelopes.push(key)
  const found = await inParallel(envelopes, async (key): Promise<UploadPointer> => {
    const envelope = (await json(await deps.raw.get(key))) as Envelope
    const hash = key.slice(key.lastIndexOf('/') + 1)
    return {
      version: 1,
      user_id: userId,
      upload_id: envelope.import?.upload_id ?? uploadId(userId, hash),
      kind: envelope.import ? 'import' : envelope.deletions ? 'deletions' : 'samples',
      key: envelope.import?.key ?? key,
      received_at: envelope.received_at,
    }
  })
  return found.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
}

/** The body of an import, which an envelope names. */
const BODY = /\/import-[^/]+$/

function orderOf({ received_at, key }: UploadPointer): string {
  return `${received_at} ${key}`
}
