import type { Sample } from '../sample.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readIntegers, readTexts, writeIndexed, writeSignedIntegers, writeTexts } from './columns.ts'
import { type ExportDate, readExportDate, writeExportDate } from './export-dates.ts'

type Metadata = Sample['metadata']

/** How a key's values are kept: as JSON, each distinct one once, or as times of an export, as seconds after the start. */
const [AS_JSON, AS_DATES] = [0, 1]

/**
 * Metadata as one column of key lists (their order is kept), then one column of values for every key.
 * @param starts of the samples, in milliseconds
 */
export function writeMetadata(out: ByteWriter, values: readonly Metadata[], starts: ArrayLike<number>): void {
  const columns = new Map<string, Column>()
  const shapes = shapesOf(values)
  writeTexts(out, shapes)
  let shape: string | undefined
  let own: Column[] = []
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (!value) continue
    // Most have the keys of the one before.
    if (shapes[i] !== shape) {
      shape = shapes[i]
      own = Object.keys(value).map(key => columnOf(columns, key))
    }
    const start = starts[i] as number
    let at = 0
    for (const key in value) {
      const column = own[at++] as Column
      column.fields.push(value[key])
      column.starts.push(start)
    }
  }
  for (const { fields, starts } of columns.values()) {
    const dates = datesOf(fields)
    out.varint(dates ? AS_DATES : AS_JSON)
    if (dates) writeDates(out, dates, starts)
    else writeIndexed(out, fields, JSON.stringify)
  }
}

/** @param format of the chunk: the first knew JSON only */
export function readMetadata(
  input: ByteReader,
  count: number,
  starts: readonly number[],
  format: number,
): Metadata[] {
  const shapes = readTexts(input, count, keys => (keys ? (JSON.parse(keys) as string[]) : undefined))
  const columns = new Map<string, { starts: number[]; fields: Iterator<unknown> }>()
  shapes.forEach((keys, index) => {
    for (const key of keys ?? []) {
      const column = columns.get(key) ?? { starts: [], fields: NOTHING }
      if (column.starts.length === 0) columns.set(key, column)
      column.starts.push(starts[index] as number)
    }
  })
  for (const column of columns.values()) {
    const kind = format === 1 ? AS_JSON : input.varint()
    const fields =
      kind === AS_DATES
        ? readDates(input, column.starts)
        : readTexts(input, column.starts.length, json => JSON.parse(json) as unknown)
    column.fields = fields[Symbol.iterator]()
  }
  return shapes.map(
    keys => keys && Object.fromEntries(keys.map(key => [key, columns.get(key)?.fields.next().value])),
  )
}

interface Column {
  fields: unknown[]
  starts: number[]
}

function columnOf(columns: Map<string, Column>, key: string): Column {
  const column = columns.get(key) ?? { fields: [], starts: [] }
  columns.set(key, column)
  return column
}

const NOTHING = [][Symbol.iterator]()

/** The key list of each as JSON; most have the keys of the one before. */
function shapesOf(values: readonly Metadata[]): string[] {
  let last: string[] = []
  let text = '[]'
  return values.map(value => {
    if (!value) return ''
    let count = 0
    let same = true
    for (const key in value) if (key !== last[count++]) same = false
    if (same && count === last.length) return text
    last = Object.keys(value)
    text = JSON.stringify(last)
    return text
  })
}

function datesOf(fields: readonly unknown[]): ExportDate[] | undefined {
  const dates: ExportDate[] = []
  for (const field of fields) {
    const date = readExportDate(field)
    if (!date) return undefined
    dates.push(date)
  }
  return dates
}

function writeDates(out: ByteWriter, dates: readonly ExportDate[], starts: readonly number[]): void {
  writeTexts(
    out,
    dates.map(({ zone }) => zone),
  )
  writeSignedIntegers(
    out,
    dates.map(({ seconds }, index) => seconds - Math.floor((starts[index] as number) / 1000)),
  )
}

function readDates(input: ByteReader, starts: readonly number[]): string[] {
  const zones = readTexts(input, starts.length, zone => zone)
  const lags = readIntegers(input, starts.length)
  return starts.map((start, index) => {
    const lag = lags[index] as number
    const signed = lag % 2 ? -(lag + 1) / 2 : lag / 2
    return writeExportDate({ seconds: Math.floor(start / 1000) + signed, zone: zones[index] as string })
  })
}
