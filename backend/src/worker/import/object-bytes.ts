import type { RawStore } from '../../adapters/s3/raw-store.ts'

/** The bytes of a stored object, from wherever one likes. */
export interface ObjectBytes {
  size: number
  /** @param start first byte wanted @param end behind the last. @default the end of the object */
  read(start: number, end?: number): AsyncGenerator<Buffer>
}

/** Bytes of one request: a connection that waits for a slow reader for too long is cut, by S3 or on the way. */
const RANGE_BYTES = 32 * 1024 * 1024
/** How often a range is asked for again from where it broke off before the whole attempt fails. */
const TRIES = 3

/** Reads an object in ranges; one that breaks off goes on where it was. */
export function objectBytes(raw: RawStore, key: string, size: number): ObjectBytes {
  async function* read(start: number, end = size): AsyncGenerator<Buffer> {
    let at = start
    let failures = 0
    while (at < end) {
      const until = Math.min(at + RANGE_BYTES, end)
      try {
        for await (const bytes of (await raw.get(key, at, until - 1)) as AsyncIterable<Buffer>) {
          at += bytes.length
          failures = 0
          yield bytes
        }
      } catch (error) {
        if (++failures === TRIES) throw error
      }
    }
  }
  return { size, read }
}
