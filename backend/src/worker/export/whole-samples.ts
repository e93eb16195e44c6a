import type { Originals } from '../../adapters/s3/originals.ts'
import { decodeChunk } from '../../domain/chunk/codec.ts'
import type { StoredSample } from '../../domain/sample.ts'

/** The samples of a chunk as they were sent, with the UUIDs that stand elsewhere. @param data of the chunk's item */
export async function wholeSamples(
  { originals }: { originals: Originals },
  owner: string,
  data: unknown,
): Promise<StoredSample[]> {
  const samples = decodeChunk(data as Uint8Array, owner)
  await originals.lookUp(owner, samples)
  return samples
}
