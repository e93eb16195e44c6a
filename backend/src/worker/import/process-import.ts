import { UnprocessableUpload, type Upload, type UploadPointer } from '../../domain/upload.ts'
import { collector } from '../collector.ts'
import type { ProcessDeps } from '../process-upload.ts'
import type { Tally } from '../tally.ts'
import { openExport } from './export-xml.ts'
import { objectBytes } from './object-bytes.ts'
import { parseExport } from './parse-export.ts'

/** Samples merged at a time: enough that an export's days are mostly whole, little enough for memory. */
export const BATCH = 10_000

/**
 * Stores an export, batch by batch. After each batch the place that it ends at is kept, and a later attempt goes on
 * there. Where batches end follows from the export alone, not from how it was read: so whatever crashes come between,
 * the same batches are merged in the same order, and the same bytes are stored.
 */
export async function processImport(
  deps: ProcessDeps,
  upload: Pick<Upload, 'checkpoint'>,
  pointer: UploadPointer,
  tally: Tally,
): Promise<void> {
  const { checkpoint } = upload
  const size = await deps.raw.size(pointer.key)
  if (size === undefined) throw new Error(`the body of import ${pointer.upload_id} is not there`)
  const xml = await openExport(objectBytes(deps.raw, pointer.key, size))
  if (checkpoint) tally.restore(checkpoint)
  const samples = await collector(deps, pointer, tally)
  const start = checkpoint ?? { offset: 0, line: 1 }
  let sinceFlush = 0
  try {
    for await (const batch of parseExport(xml.read(start.offset), start))
      for (const { input, derived, end } of batch.samples) {
        samples.add(input, derived)
        if (++sinceFlush < BATCH || end === undefined) continue
        sinceFlush = 0
        await samples.flush()
        const progress = { bytes: end, total: xml.total, samples: tally.seen() }
        await deps.uploads.advanced(pointer, progress, {
          offset: end,
          line: batch.lineAt(end),
          ...tally.figures(),
        })
      }
    await finish()
  } catch (error) {
    // A damaged export keeps what stood before the damage.
    if (error instanceof UnprocessableUpload) await finish()
    throw error
  }

  async function finish(): Promise<void> {
    await samples.finish()
    if (checkpoint) tally.recounted(await deps.samples.broughtBy(pointer.user_id, pointer.upload_id))
  }
}
