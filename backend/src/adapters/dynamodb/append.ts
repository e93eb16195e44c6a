import { encodeChunk } from '../../domain/chunk/codec.ts'
import { inOrder } from '../../domain/chunk/merge.ts'
import type { StoredSample } from '../../domain/sample.ts'

/** Largest chunk in bytes: below DynamoDB's 400 KB an item, with room for a fuller last write. */
export const CHUNK_LIMIT = 300 * 1024

/** How much of some samples one chunk takes. */
export interface Packed {
  /** The chunk's samples: those it had, and the first `taken` of the new ones. */
  data: Buffer
  count: number
  taken: number
}

/** Packs as many of `fresh`, which are new, as fit into the chunk that holds `base`; `undefined` when not one does. */
export function pack(
  base: readonly StoredSample[],
  fresh: readonly StoredSample[],
  limit = CHUNK_LIMIT,
): Packed | undefined {
  let taken = fresh.length
  while (taken > 0) {
    const samples = inOrder([...base, ...fresh.slice(0, taken)])
    const data = encodeChunk(samples)
    if (data.length <= limit) return { data, count: samples.length, taken }
    // Bytes grow about evenly with samples: aim below the limit, and always take less than before.
    taken = Math.min(taken - 1, Math.floor(samples.length * (limit / data.length) * 0.97) - base.length)
  }
  return undefined
}
