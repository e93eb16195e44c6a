import { json } from 'node:stream/consumers'
import type { SampleStore } from '../adapters/dynamodb/sample-store.ts'
import type { UploadStore } from '../adapters/dynamodb/upload-store.ts'
import type { RawStore } from '../adapters/s3/raw-store.ts'
import type { Upload, UploadPointer } from '../domain/upload.ts'
import { collector } from './collector.ts'
import { applyDeletions } from './deletions.ts'
import { processImport } from './import/process-import.ts'
import type { Tally } from './tally.ts'

export interface ProcessDeps {
  raw: RawStore
  samples: SampleStore
  uploads: Pick<UploadStore, 'advanced'>
}

/**
 * Stores everything that an upload holds, and tallies it. Durable when it resolves; may be repeated, and an import goes
 * on where the last attempt had come to.
 * @param upload as the store has it, with the checkpoint of an earlier attempt
 * @throws UnprocessableUpload where it can never succeed; anything else is worth another try
 */
export async function processUpload(
  deps: ProcessDeps,
  upload: Pick<Upload, 'checkpoint'>,
  pointer: UploadPointer,
  tally: Tally,
): Promise<void> {
  if (pointer.kind === 'import') return processImport(deps, upload, pointer, tally)
  const envelope = await readEnvelope(deps.raw, pointer)
  if (pointer.kind === 'deletions') return applyDeletions(deps, envelope, pointer, tally)
  for (const { type, code } of envelope.refused ?? []) tally.refused(type, code)
  const samples = await collector(deps, pointer, tally)
  for (const [ordinal, input] of (envelope.samples ?? []).entries()) samples.add(input, undefined, ordinal)
  await samples.finish()
}

/** A raw envelope, as the API stored it. */
export interface Envelope {
  user_id: string
  received_at: string
  samples?: unknown[]
  /** Samples of the batch that were refused at once, in a partial upload. */
  refused?: { type: string; code: string }[]
  deletions?: { uuid: string; type?: string }[]
  /** Of an import: where its body lies, and its id. */
  import?: { key: string; upload_id: string }
}

async function readEnvelope(raw: RawStore, pointer: UploadPointer): Promise<Envelope> {
  const envelope = (await json(await raw.get(pointer.key))) as Envelope
  const list = pointer.kind === 'deletions' ? envelope.deletions : envelope.samples
  if (envelope.user_id !== pointer.user_id || !Array.isArray(list))
    throw new Error(`the envelope of upload ${pointer.upload_id} is not the one that its pointer names`)
  return envelope
}
