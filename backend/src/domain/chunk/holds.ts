import { createByteReader } from './bytes.ts'
import { decodeChunk } from './codec.ts'

/**
 * Whether a chunk may hold a sample of one of these UUIDs (lower case), without unpacking it where that can be told:
 * UUIDs lie behind the deflated columns as they are. Derived ones (version 8) do not: for those it is unpacked.
 */
export function mayHold(bytes: Uint8Array, uuids: ReadonlySet<string>): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const chunk = createByteReader(buffer)
  chunk.varint()
  const raw = chunk.rest(chunk.varint())
  for (let at = 0; at < raw.length; at += 16) {
    const h = raw.toString('hex', at, at + 16)
    if (uuids.has(`${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`))
      return true
  }
  for (const uuid of uuids)
    if (uuid[14] === '8') return decodeChunk(bytes).some(({ sample }) => uuids.has(sample.uuid.toLowerCase()))
  return false
}
