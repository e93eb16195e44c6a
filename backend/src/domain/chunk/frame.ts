import { constants, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { type ByteWriter, createByteReader, createByteWriter } from './bytes.ts'

/** First byte of every chunk. A new layout takes the next number; old ones stay readable. */
const FORMAT = 3
/** Formats that are still read. The first had all metadata as JSON; the first two were deflated, and held all UUIDs. */
const READABLE = [1, 2, 3]
/** Unpacked columns above this are not ours: a chunk of 300 KB holds far less. */
const LIMIT = { maxOutputLength: 64 * 1024 * 1024 }
/**
 * Zstandard's usual level: two hundredths more bytes than deflate's usual one in three fifths of its time, and unlike
 * that the same bytes on every kind of processor.
 */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }

/** What lies behind a chunk's columns as it is, for it does not compress: UUIDs of 16 bytes, and marks of two. */
export interface UuidBytes {
  uuids: Buffer
  marks: Buffer
}

/** A chunk whose columns are still packed. */
export interface OpenChunk extends UuidBytes {
  format: number
  unpack(): Buffer
}

/** Packs the columns; before them the format and the lengths of what follows, behind them the UUIDs and marks. */
export function closeChunk(columns: ByteWriter, { uuids, marks }: UuidBytes): Buffer {
  const packed = zstdCompressSync(columns.finish(), LEVEL)
  const head = createByteWriter(16)
  head.varint(FORMAT)
  head.varint(packed.length)
  head.varint(uuids.length)
  return Buffer.concat([head.finish(), packed, uuids, marks])
}

/** @throws Error where the bytes are not a chunk of a known format */
export function openChunk(bytes: Uint8Array): OpenChunk {
  const chunk = createByteReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const format = chunk.varint()
  if (!READABLE.includes(format))
    throw new Error(`a chunk has format ${format}; this release reads ${READABLE.join(', ')}`)
  const length = chunk.varint()
  if (format < 3) {
    const packed = chunk.bytes(length)
    const unpack = () => inflateRawSync(packed, LIMIT) as Buffer
    return { format, unpack, uuids: chunk.rest(0), marks: Buffer.alloc(0) }
  }
  const uuidLength = chunk.varint()
  const packed = chunk.bytes(length)
  const uuids = chunk.bytes(uuidLength)
  return { format, unpack: () => zstdDecompressSync(packed, LIMIT), uuids, marks: chunk.rest(0) }
}
