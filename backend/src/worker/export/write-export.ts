import { createHash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { Partition } from '../../adapters/dynamodb/partition.ts'
import type { RawItem } from '../../adapters/dynamodb/user-items.ts'
import type { Originals } from '../../adapters/s3/originals.ts'
import type { RawStore } from '../../adapters/s3/raw-store.ts'
import type { Clock } from '../../domain/clock.ts'
import type { UploadPointer } from '../../domain/upload.ts'
import { fhirLines } from './fhir-lines.ts'
import { ndjsonLines } from './ndjson-lines.ts'

export interface ExportDeps {
  partition: Partition
  originals: Originals
  raw: RawStore
  clock: Clock
  /** Opens what insights are sealed in. @default they are given as they lie in the table */
  openInsight?: (userId: string, item: RawItem) => Promise<object>
}

/** The forms of an export: every item as a line of JSON, or the samples as FHIR R4 resources, a line each. */
export const EXPORT_FORMATS = {
  ndjson: { contentType: 'application/x-ndjson', lines: ndjsonLines },
  fhir: { contentType: 'application/fhir+ndjson', lines: fhirLines },
} as const
export type ExportFormatName = keyof typeof EXPORT_FORMATS

/** What became of an export. */
export interface WrittenExport {
  key: string
  format: ExportFormatName
  content_type: string
  lines: number
  samples: number
  /** Of the content as it is unpacked. */
  bytes: number
  /** SHA-256 of the content as it is unpacked, in hex. */
  sha256: string
}

/** One line of an export. */
export interface ExportLine {
  value: object
  /** Whether it is a sample. */
  sample: boolean
}

/**
 * Writes everything that a user has into one object, gzipped, as a stream: nothing of it is held in memory. An attempt
 * that fails leaves nothing, and the next one writes the same key anew.
 * @param pointer its key is the format that was asked for
 */
export async function writeExport(deps: ExportDeps, pointer: UploadPointer): Promise<WrittenExport> {
  const format = pointer.key as ExportFormatName
  if (!Object.hasOwn(EXPORT_FORMATS, format)) throw new Error(`there is no export format '${pointer.key}'`)
  const { contentType, lines } = EXPORT_FORMATS[format]
  const key = `exports/${pointer.user_id}/${pointer.upload_id}.ndjson.gz`
  const hash = createHash('sha256')
  const figures = { lines: 0, samples: 0, bytes: 0 }
  async function* text(): AsyncGenerator<Buffer> {
    let page: string[] = []
    const give = (): Buffer => {
      const bytes = Buffer.from(page.join(''))
      page = []
      hash.update(bytes)
      figures.bytes += bytes.length
      return bytes
    }
    for await (const { value, sample } of lines(deps, pointer)) {
      page.push(`${JSON.stringify(value)}\n`)
      figures.lines++
      if (sample) figures.samples++
      if (page.length >= 1000) yield give()
    }
    yield give()
  }
  const packed = createGzip()
  const failed = Promise.withResolvers<never>()
  pipeline(Readable.from(text(), { objectMode: false }), packed, error => {
    if (error) failed.reject(error)
  })
  // The SDK would tell of a premature end only; what made it end is what is to be known.
  await Promise.race([deps.raw.putStream(key, packed, contentType, { encoding: 'gzip' }), failed.promise])
  return { key, format, content_type: contentType, ...figures, sha256: hash.digest('hex') }
}
