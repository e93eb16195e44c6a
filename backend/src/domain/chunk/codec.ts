import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { parseOffset } from '../instant.ts'
import { reviveSample } from '../parse-sample.ts'
import type { Sample, StoredSample } from '../sample.ts'
import { createByteReader, createByteWriter } from './bytes.ts'
import {
  readDeltas,
  readIntegers,
  readNumbers,
  readTexts,
  writeDeltas,
  writeIndexed,
  writeIntegers,
  writeNumbers,
  writeTexts,
} from './columns.ts'
import { readMetadata, writeMetadata } from './metadata.ts'
import { offsetOf, timeForms, writeTime } from './time-form.ts'
import { readUuids, writeUuids } from './uuids.ts'

/** First byte of every chunk. A new layout takes the next number; old ones stay readable. */
const FORMAT = 2
/** Formats that are still read. The first had all metadata as JSON. */
const READABLE = [1, 2]
/** Decompressed columns above this are not ours: a chunk of 300 KB holds far less. */
const MAX_INFLATED = 64 * 1024 * 1024

/**
 * Packs samples of one metric into bytes: a format byte, the length of the deflated columns, the columns, then the
 * UUIDs, which do not compress. The same samples in the same order give the same bytes.
 */
export function encodeChunk(samples: readonly StoredSample[]): Buffer {
  const columns = createByteWriter()
  const all = samples.map(({ sample }) => sample)
  columns.varint(samples.length)
  writeDeltas(
    columns,
    samples.map(({ startMs }) => startMs),
  )
  writeDeltas(
    columns,
    samples.map(({ startMs, endMs }) => endMs - startMs),
  )
  const starts = timeForms(all.map(({ start }) => start))
  writeTexts(columns, starts)
  const ends = all.map(({ end }) => end)
  writeTexts(columns, all.every(({ start, end }) => start === end) ? starts : timeForms(ends))
  writeTexts(
    columns,
    all.map(({ zone_offset }) => zone_offset ?? ''),
  )
  writeTexts(
    columns,
    all.map(({ type }) => type),
  )
  writeIndexed(
    columns,
    all.map(({ unit }) => unit),
    unit => (unit === undefined ? '' : `=${unit}`),
  )
  writeTexts(columns, sourcesOf(all))
  writeTexts(
    columns,
    samples.map(({ upload }) => upload),
  )
  const texts = all.flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
  writeIntegers(
    columns,
    all.map(({ value }) => (typeof value === 'string' ? 1 : 0)),
  )
  writeTexts(columns, texts)
  writeNumbers(
    columns,
    all.flatMap(({ value }) => (typeof value === 'number' ? [value] : [])),
  )
  writeMetadata(
    columns,
    all.map(({ metadata }) => metadata),
    samples.map(({ startMs }) => startMs),
  )
  const uuids = createByteWriter()
  writeUuids(columns, uuids, samples)

  const deflated = deflateRawSync(columns.finish(), { level: 6 })
  const chunk = createByteWriter()
  chunk.varint(FORMAT)
  chunk.varint(deflated.length)
  chunk.bytes(deflated)
  chunk.bytes(uuids.finish())
  return Buffer.from(chunk.finish())
}

/** Unpacks a chunk. @throws Error where the bytes are not a chunk of a known format */
export function decodeChunk(bytes: Uint8Array): StoredSample[] {
  const chunk = createByteReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const format = chunk.varint()
  if (!READABLE.includes(format))
    throw new Error(`a chunk has format ${format}; this release reads ${READABLE.join(' and ')}`)
  const columns = createByteReader(
    inflateRawSync(chunk.bytes(chunk.varint()), { maxOutputLength: MAX_INFLATED }) as Buffer,
  )
  const count = columns.varint()
  const starts = readDeltas(columns, count)
  const durations = readDeltas(columns, count)
  const startForms = readTexts(columns, count, form => ({ form, offset: offsetOf(form) }))
  const endForms = readTexts(columns, count, form => form)
  const zones = readTexts(columns, count, text => ({ text, offset: parseOffset(text) }))
  const types = readTexts(columns, count, type => type)
  const units = readTexts(columns, count, unit => (unit ? { unit: unit.slice(1) } : {}))
  const sources = readTexts(columns, count, json => JSON.parse(json) as Sample['source'])
  const uploads = readTexts(columns, count, upload => upload)
  const isText = readIntegers(columns, count)
  const textCount = isText.reduce((sum, flag) => sum + flag, 0)
  const texts = readTexts(columns, textCount, text => text)[Symbol.iterator]()
  const numbers = readNumbers(columns, count - textCount)[Symbol.iterator]()
  const metadata = readMetadata(columns, count, starts, format)

  const samples = Array.from({ length: count }, (_, i): StoredSample => {
    const startMs = starts[i] as number
    const endMs = startMs + (durations[i] as number)
    const start = startForms[i] as { form: string; offset: number }
    const zone = zones[i] as { text: string; offset?: number }
    const sample: Sample = {
      uuid: '',
      type: types[i] as string,
      value: (isText[i] ? texts : numbers).next().value as string | number,
      ...units[i],
      start: writeTime(startMs, start.form),
      end: writeTime(endMs, endForms[i] as string),
      ...(zone.text && { zone_offset: zone.text }),
      source: sources[i] as Sample['source'],
      ...(metadata[i] && { metadata: metadata[i] }),
    }
    return {
      ...reviveSample(sample, startMs, endMs, zone.offset ?? start.offset),
      upload: uploads[i] as string,
    }
  })
  readUuids(columns, chunk, samples)
  return samples
}

/** The sources as JSON; most samples have that of the one before. */
function sourcesOf(samples: readonly Sample[]): string[] {
  let last: Sample['source'] | undefined
  let text = ''
  return samples.map(({ source }) => {
    if (source !== last && (!last || !isSame(source, last))) text = JSON.stringify(source)
    last = source
    return text
  })
}

/** Whether two sources have the same members, in the same order. */
function isSame(a: Sample['source'], b: Sample['source']): boolean {
  if (a.name !== b.name || a.bundle_id !== b.bundle_id || a.device !== b.device) return false
  const order = Object.keys(b)
  let at = 0
  for (const key in a) if (key !== order[at++]) return false
  return at === order.length
}
