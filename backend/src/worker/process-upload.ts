import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { SampleStore } from '../adapters/dynamodb/sample-store.ts'
import type { RawStore } from '../adapters/s3/raw-store.ts'
import type { Clock } from '../domain/clock.ts'
import { parseSample } from '../domain/parse-sample.ts'
import type { StoredSample } from '../domain/sample.ts'
import { UnprocessableUpload, type UploadPointer } from '../domain/upload.ts'
import { withExportXml } from './import/export-xml.ts'
import { parseExport } from './import/parse-export.ts'
import type { Tally } from './tally.ts'

export interface ProcessDeps {
  raw: RawStore
  samples: SampleStore
  clock: Clock
}

/** Samples merged at a time: enough that an export's days are mostly whole, little enough for memory. */
const BATCH = 20_000

/**
 * Stores everything that an upload holds, and tallies it. Durable when it resolves; may be repeated.
 * @throws UnprocessableUpload where it can never succeed; anything else is worth another try
 */
export async function processUpload(deps: ProcessDeps, pointer: UploadPointer, tally: Tally): Promise<void> {
  const raw = await deps.raw.get(pointer.key)
  const { add, flush } = collector(deps, pointer, tally)
  if (pointer.kind === 'samples') await add(await envelopeSamples(raw, pointer))
  else
    await withExportXml(raw, async xml => {
      try {
        for await (const batch of parseExport(xml)) await add(batch)
      } catch (error) {
        // A damaged export keeps what stood before the damage.
        if (error instanceof UnprocessableUpload) await flush()
        throw error
      }
    })
  await flush()
}

async function envelopeSamples(raw: Readable, pointer: UploadPointer): Promise<unknown[]> {
  const envelope = JSON.parse(await text(raw)) as { user_id?: unknown; samples?: unknown }
  if (envelope.user_id !== pointer.user_id || !Array.isArray(envelope.samples))
    throw new Error(`the envelope of upload ${pointer.upload_id} is not the one that its pointer names`)
  return envelope.samples
}

/** Parses and collects samples, and merges them when a batch is full; `flush` merges the rest. */
function collector(deps: ProcessDeps, pointer: UploadPointer, tally: Tally) {
  // Judged as of their arrival: a batch that was fine then must not fail because the queue was long.
  const now = Math.max(deps.clock.now(), Date.parse(pointer.received_at))
  let batch: StoredSample[] = []
  const flush = async (): Promise<void> => {
    const full = batch
    batch = []
    if (full.length > 0)
      tally.merged(await deps.samples.merge(pointer.user_id, pointer.upload_id, full), full.length)
  }
  const add = async (inputs: readonly unknown[]): Promise<void> => {
    for (const input of inputs) {
      const result = parseSample(input, now)
      if (result.ok) batch.push({ ...result.parsed, upload: pointer.upload_id })
      else tally.rejected(input, result.faults)
    }
    if (batch.length >= BATCH) await flush()
  }
  return { add, flush }
}
