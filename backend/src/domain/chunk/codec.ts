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
import { closeChunk, openChunk } from './frame.ts'
import { readMetadata, writeMetadata } from './metadata.ts'
import { offsetOf, timeForms, writeTime } from './time-form.ts'
import { readUpload, readUuids, writeUpload, writeUuids } from './uuids.ts'

/** Packs samples of one metric into bytes. The same samples in the same order give the same bytes. */
export function encodeChunk(samples: readonly StoredSample[]): Buffer {
  const columns = createByteWriter()
  const rows = rowsOf(samples)
  columns.varint(samples.length)
  writeDeltas(columns, rows.startMs)
  writeDeltas(columns, rows.lasts)
  const starts = timeForms(rows.starts)
  writeTexts(columns, starts)
  writeTexts(columns, rows.moments ? starts : timeForms(rows.ends))
  writeTexts(columns, rows.zones)
  writeTexts(columns, rows.types)
  writeIndexed(columns, rows.units, unit => (unit === undefined ? '' : `=${unit}`))
  writeTexts(columns, sourcesOf(rows.sources))
  writeTexts(columns, rows.uploads)
  writeIntegers(columns, rows.isText)
  writeTexts(columns, rows.texts)
  writeNumbers(columns, rows.numbers)
  writeMetadata(columns, rows.metadata, rows.startMs)
  return closeChunk(columns, writeUuids(columns, samples))
}

/** What the columns are made of, in one pass. */
function rowsOf(samples: readonly StoredSample[]) {
  const count = samples.length
  const rows = {
    startMs: new Float64Array(count),
    lasts: new Float64Array(count),
    starts: new Array<string>(count),
    ends: new Array<string>(count),
    /** Whether all end as they start, by their texts. */
    moments: true,
    zones: new Array<string>(count),
    types: new Array<string>(count),
    units: new Array<string | undefined>(count),
    sources: new Array<Sample['source']>(count),
    uploads: new Array<string>(count),
    isText: new Uint8Array(count),
    texts: [] as string[],
    numbers: [] as number[],
    metadata: new Array<Sample['metadata']>(count),
  }
  for (let i = 0; i < count; i++) {
    const stored = samples[i] as StoredSample
    const { sample, startMs, endMs } = stored
    const { value } = sample
    rows.startMs[i] = startMs
    rows.lasts[i] = endMs - startMs
    rows.starts[i] = sample.start
    rows.ends[i] = sample.end
    if (rows.moments && sample.start !== sample.end) rows.moments = false
    rows.zones[i] = sample.zone_offset ?? ''
    rows.types[i] = sample.type
    rows.units[i] = sample.unit
    rows.sources[i] = sample.source
    rows.uploads[i] = writeUpload(stored)
    rows.metadata[i] = sample.metadata
    if (typeof value === 'number') rows.numbers.push(value)
    else {
      rows.isText[i] = 1
      rows.texts.push(value)
    }
  }
  return rows
}

/**
 * Unpacks a chunk. UUIDs that stand in an envelope are not there yet: see `Originals`.
 * @param owner whose chunk it is @throws Error where the bytes are not a chunk of a known format
 */
export function decodeChunk(bytes: Uint8Array, owner: string): StoredSample[] {
  const chunk = openChunk(bytes)
  const columns = createByteReader(chunk.unpack())
  const count = columns.varint()
  const starts = readDeltas(columns, count)
  const durations = readDeltas(columns, count)
  const startForms = readTexts(columns, count, form => ({ form, offset: offsetOf(form) }))
  const endForms = readTexts(columns, count, form => form)
  const zones = readTexts(columns, count, text => ({ text, offset: parseOffset(text) }))
  const types = readTexts(columns, count, type => type)
  const units = readTexts(columns, count, unit => (unit ? { unit: unit.slice(1) } : {}))
  const sources = readTexts(columns, count, json => JSON.parse(json) as Sample['source'])
  const uploads = readTexts(columns, count, text => readUpload(text, owner))
  const isText = readIntegers(columns, count)
  const textCount = isText.reduce((sum, flag) => sum + flag, 0)
  const texts = readTexts(columns, textCount, text => text)[Symbol.iterator]()
  const numbers = readNumbers(columns, count - textCount)[Symbol.iterator]()
  const metadata = readMetadata(columns, count, starts, chunk.format)

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
    const { upload } = uploads[i] as { upload: string }
    return { ...reviveSample(sample, startMs, endMs, zone.offset ?? start.offset), upload }
  })
  readUuids(columns, chunk, samples, uploads)
  return samples
}

/** The sources as JSON; most samples have that of the one before. */
function sourcesOf(sources: readonly Sample['source'][]): string[] {
  const found = new Array<string>(sources.length)
  let last: Sample['source'] | undefined
  let order: string[] = []
  let text = ''
  for (let i = 0; i < found.length; i++) {
    const source = sources[i] as Sample['source']
    if (source !== last && !(last && isSame(source, last, order))) {
      text = JSON.stringify(source)
      order = Object.keys(source)
    }
    last = source
    found[i] = text
  }
  return found
}

/** Whether two sources have the same members, in the same order. @param order of the members of `b` */
function isSame(a: Sample['source'], b: Sample['source'], order: readonly string[]): boolean {
  if (a.name !== b.name || a.bundle_id !== b.bundle_id || a.device !== b.device) return false
  let at = 0
  for (const key in a) if (key !== order[at++]) return false
  return at === order.length
}
