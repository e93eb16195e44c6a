import { json } from 'node:stream/consumers'
import { markOf } from '../../domain/chunk/uuid-bytes.ts'
import { type UuidList, uuidList } from '../../domain/chunk/uuid-list.ts'
import type { StoredSample } from '../../domain/sample.ts'
import { envelopeKey, uploadId } from '../../domain/upload.ts'
import { inParallel } from '../dynamodb/in-parallel.ts'
import type { RawStore } from './raw-store.ts'

/** Gives samples the UUIDs that their chunks do not hold, out of the raw envelopes that brought them. */
export interface Originals {
  /**
   * Gives each sample its UUID that lacks it; fetches only the envelopes that these samples stand in, side by side.
   * @param owner whose samples they are
   * @throws OriginalsUnreachable where the bucket does not answer @throws OriginalMissing where it has none
   */
  lookUp(owner: string, samples: readonly StoredSample[]): Promise<void>
}

/** The bucket does not answer, so that UUIDs cannot be given just now. */
export class OriginalsUnreachable extends Error {
  override readonly name = 'OriginalsUnreachable'
}

/** The envelope of an upload is gone, or is not the one that brought the samples: a damage, not a pause. */
export class OriginalMissing extends Error {
  override readonly name = 'OriginalMissing'
  readonly upload: string
  /** Messages are not logged; this is, and is kept with the work that stumbled over it. */
  readonly code: string

  constructor(upload: string, what: string, cause?: unknown) {
    super(`the envelope of upload ${upload} ${what}`, { cause })
    this.upload = upload
    this.code = `upload:${upload}`
  }
}

/** What an API keeps in memory: a million UUIDs. */
const MOST_BYTES = 16 * 1024 * 1024
/** Envelopes that are read at a time: each may be of 5 MB. */
const LANES = 4

/** @param deps `mostBytes`: of UUIDs that are kept, those used last @default 16 MB */
export function createOriginals(deps: { raw: Pick<RawStore, 'get'>; mostBytes?: number }): Originals {
  const kept = new Map<string, UuidList>()
  const coming = new Map<string, Promise<UuidList>>()
  const mostBytes = deps.mostBytes ?? MOST_BYTES
  let bytes = 0

  async function listOf(owner: string, envelope: string): Promise<UuidList> {
    const key = envelopeKey(owner, envelope)
    const known = kept.get(key)
    if (known) {
      // Last used, last forgotten.
      kept.delete(key)
      kept.set(key, known)
      return known
    }
    const asked = coming.get(key) ?? fetchList(owner, envelope, key).finally(() => coming.delete(key))
    coming.set(key, asked)
    return asked
  }

  async function fetchList(owner: string, envelope: string, key: string): Promise<UuidList> {
    const { user_id, samples } = await read(owner, envelope, key)
    if (user_id !== owner || !Array.isArray(samples)) throw missing(owner, envelope, 'is not what it was')
    const list = uuidList(samples)
    kept.set(key, list)
    bytes += list.bytes
    for (const [oldest, { bytes: size }] of kept) {
      if (bytes <= mostBytes) break
      kept.delete(oldest)
      bytes -= size
    }
    return list
  }

  async function read(owner: string, envelope: string, key: string) {
    try {
      return (await json(await deps.raw.get(key))) as { user_id?: unknown; samples?: unknown }
    } catch (cause) {
      if ((cause as Error).name === 'NoSuchKey') throw missing(owner, envelope, 'is not in the bucket', cause)
      if (cause instanceof SyntaxError) throw missing(owner, envelope, 'is damaged', cause)
      const upload = uploadId(owner, envelope)
      throw new OriginalsUnreachable(`the envelope of upload ${upload} cannot be read just now`, { cause })
    }
  }

  return {
    lookUp: async (owner, samples) => {
      const envelopes = new Map<string, StoredSample[]>()
      for (const stored of samples) {
        if (!stored.original || stored.sample.uuid !== '') continue
        const { envelope } = stored.original
        const list = envelopes.get(envelope)
        if (list) list.push(stored)
        else envelopes.set(envelope, [stored])
      }
      await inParallel(
        [...envelopes],
        async ([envelope, waiting]) => {
          const list = await listOf(owner, envelope)
          for (const { sample, original } of waiting) {
            const uuid = original && list.at(original.ordinal)
            if (!uuid || markOf(uuid) !== original.mark)
              throw missing(owner, envelope, 'does not hold what its samples refer to')
            sample.uuid = uuid
          }
        },
        LANES,
      )
    },
  }
}

function missing(owner: string, envelope: string, what: string, cause?: unknown): OriginalMissing {
  return new OriginalMissing(uploadId(owner, envelope), what, cause)
}
