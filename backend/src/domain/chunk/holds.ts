import { decodeChunk } from './codec.ts'
import { openChunk } from './frame.ts'
import { identity } from './merge.ts'
import { markOf, writeUuid } from './uuid-bytes.ts'

/** UUIDs that are looked for. */
export interface Wanted {
  /** In lower case. */
  uuids: ReadonlySet<string>
  marks: ReadonlySet<number>
}

/** @param uuids in either case */
export function wanted(uuids: Iterable<string>): Wanted {
  const all = new Set([...uuids].map(uuid => uuid.toLowerCase()))
  return { uuids: all, marks: new Set([...all].map(markOf)) }
}

/**
 * Whether a chunk may hold a sample of one of these UUIDs, without unpacking it where that can be told: UUIDs and marks
 * lie behind the packed columns as they are. By its mark one in 65,536 others is taken for one that is looked for. Derived
 * UUIDs (version 8) are not there: for those it is unpacked.
 */
export function mayHold(bytes: Uint8Array, { uuids: looked, marks: lookedMarks }: Wanted): boolean {
  const { uuids, marks } = openChunk(bytes)
  for (let at = 0; at < uuids.length; at += 16) if (looked.has(writeUuid(uuids, at))) return true
  for (let at = 0; at < marks.length; at += 2) if (lookedMarks.has(marks.readUInt16LE(at))) return true
  for (const uuid of looked)
    if (uuid[14] === '8') return decodeChunk(bytes, '').some(sample => looked.has(identity(sample)))
  return false
}
