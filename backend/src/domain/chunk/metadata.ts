import type { Sample } from '../sample.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readTexts, writeTexts } from './columns.ts'

type Metadata = Sample['metadata']

/** Metadata as one column of key lists (their order is kept), then one column of JSON values for every key. */
export function writeMetadata(out: ByteWriter, values: readonly Metadata[]): void {
  writeTexts(
    out,
    values.map(value => (value ? JSON.stringify(Object.keys(value)) : '')),
  )
  const columns = new Map<string, string[]>()
  for (const value of values)
    for (const [key, field] of Object.entries(value ?? {})) {
      const column = columns.get(key)
      if (column) column.push(JSON.stringify(field))
      else columns.set(key, [JSON.stringify(field)])
    }
  for (const column of columns.values()) writeTexts(out, column)
}

export function readMetadata(input: ByteReader, count: number): Metadata[] {
  const shapes = readTexts(input, count, keys => (keys ? (JSON.parse(keys) as string[]) : undefined))
  const sizes = new Map<string, number>()
  for (const keys of shapes) for (const key of keys ?? []) sizes.set(key, (sizes.get(key) ?? 0) + 1)
  const columns = new Map(
    [...sizes].map(([key, size]) => [
      key,
      readTexts(input, size, json => JSON.parse(json) as unknown)[Symbol.iterator](),
    ]),
  )
  return shapes.map(
    keys => keys && Object.fromEntries(keys.map(key => [key, columns.get(key)?.next().value])),
  )
}
