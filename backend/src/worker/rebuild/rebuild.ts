import { isDeepStrictEqual } from 'node:util'
import { keys, shadowOf } from '../../adapters/dynamodb/keys.ts'
import type { Partition } from '../../adapters/dynamodb/partition.ts'
import type { RawItem } from '../../adapters/dynamodb/user-items.ts'
import type { RawStore } from '../../adapters/s3/raw-store.ts'
import type { ObjectSweep } from '../../adapters/s3/sweep.ts'
import type { UploadQueue } from '../../adapters/sqs/upload-queue.ts'
import type { Clock } from '../../domain/clock.ts'
import { UnprocessableUpload, type UploadPointer, uploadId } from '../../domain/upload.ts'
import type { Log } from '../../logging.ts'
import { type ProcessDeps, processUpload } from '../process-upload.ts'
import { createTally } from '../tally.ts'
import { rawUploads } from './raw-uploads.ts'

export interface RebuildDeps extends ProcessDeps {
  partition: Partition
  raw: RawStore
  sweep: ObjectSweep
  queue: Pick<UploadQueue, 'send'>
  clock: Clock
  log: Log
}

/** How the table compared with what its raw envelopes make of it. */
export interface Rebuilt {
  uploads: number
  /** Chunks, summaries and tombstones that were the same, item by item. */
  same: number
  /** Those that were missing or different, and are now as they should be; with `check` they are left as they are. */
  changed: number
  /** Those that nothing in the bucket accounts for, and that are gone; with `check` they are left as they are. */
  removed: number
}

/** The user id of a rebuild of everyone. */
export const EVERYONE = '*'
/** What a rebuild makes anew. */
const REBUILT = ['C#', 'S#', 'T#']

/**
 * Makes a user's chunks, summaries and tombstones anew from the raw envelopes in the bucket, in the order in which they
 * came: beside what is there, which is then compared item by item and mended where it differs. Readers always see the
 * one or the other. It runs on the user's own place in the queue, so that no upload comes between. For everyone, it puts
 * one message for each user that has a folder in the bucket on the queue.
 * @param pointer its key is `check`, which changes nothing, or `mend`, and the name of the run: `mend 8c21…`
 */
export async function rebuild(deps: RebuildDeps, pointer: UploadPointer): Promise<Rebuilt> {
  if (pointer.user_id === EVERYONE) return everyone(deps, pointer)
  const userId = pointer.user_id
  const shadow = shadowOf(userId)
  const [mode, run] = pointer.key.split(' ')
  const mend = mode === 'mend'
  await deps.partition.remove(shadow)
  let uploads = 0
  for (const upload of await rawUploads(deps, userId)) {
    uploads++
    try {
      await processUpload({ ...deps, ...into(deps, shadow) }, {}, upload, createTally())
    } catch (error) {
      // It failed then, and fails now; what stood before the fault counts then and now.
      if (!(error instanceof UnprocessableUpload)) throw error
    }
  }
  const result = { uploads, same: 0, changed: 0, removed: 0 }
  for (const prefix of REBUILT) await compare(deps, { userId, shadow, prefix, mend }, result)
  await deps.partition.remove(shadow)
  const { same, changed, removed } = result
  deps.log.info('rebuild compared', {
    upload_id: pointer.upload_id,
    run,
    count: uploads,
    same,
    changed,
    removed,
  })
  return result
}

async function everyone(deps: RebuildDeps, pointer: UploadPointer): Promise<Rebuilt> {
  let users = 0
  for await (const userId of deps.sweep.folders('raw/')) {
    await deps.queue.send({ ...pointer, user_id: userId, upload_id: uploadId(userId, pointer.key) })
    users++
  }
  deps.log.info('rebuild spread', { run: pointer.key.split(' ')[1], count: users })
  return { uploads: 0, same: 0, changed: 0, removed: 0 }
}

/** The stores as a rebuild uses them: everything of the user's goes into the shadow. */
function into(deps: RebuildDeps, shadow: string): Pick<ProcessDeps, 'samples' | 'uploads'> {
  const { samples } = deps
  return {
    samples: {
      ...samples,
      merge: (_user, upload, list) => samples.merge(shadow, upload, list),
      tombstones: () => samples.tombstones(shadow),
      entomb: (_user, uuids) => samples.entomb(shadow, uuids),
      remove: (_user, uuids, metrics) => samples.remove(shadow, uuids, metrics),
    },
    uploads: { advanced: async () => {} },
  }
}

async function compare(
  { partition }: RebuildDeps,
  { userId, shadow, prefix, mend }: { userId: string; shadow: string; prefix: string; mend: boolean },
  result: Rebuilt,
): Promise<void> {
  for await (const [old, fresh] of inStep(partition.items(userId, prefix), partition.items(shadow, prefix))) {
    if (old && fresh && same(old, fresh)) result.same++
    else if (fresh) {
      result.changed++
      if (mend) await partition.put({ ...fresh, pk: keys.user(userId) })
    } else if (old) {
      result.removed++
      if (mend) await partition.removeItem(userId, old.sk)
    }
  }
}

/** Two runs of items, both in order, side by side by their sort keys. */
async function* inStep(
  left: AsyncGenerator<RawItem>,
  right: AsyncGenerator<RawItem>,
): AsyncGenerator<[RawItem | undefined, RawItem | undefined]> {
  let a = await left.next()
  let b = await right.next()
  while (!a.done || !b.done) {
    const takeLeft = !a.done && (b.done || a.value.sk <= b.value.sk)
    const takeRight = !b.done && (a.done || b.value.sk <= a.value.sk)
    yield [takeLeft ? (a.value as RawItem) : undefined, takeRight ? (b.value as RawItem) : undefined]
    if (takeLeft) a = await left.next()
    if (takeRight) b = await right.next()
  }
}

function same({ pk: _, ...old }: RawItem, { pk: __, ...fresh }: RawItem): boolean {
  return isDeepStrictEqual(old, fresh)
}
