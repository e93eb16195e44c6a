import { accountHash, type ErasureStore } from '../adapters/dynamodb/erasure-store.ts'
import type { Partition } from '../adapters/dynamodb/partition.ts'
import type { ObjectSweep } from '../adapters/s3/sweep.ts'
import type { Clock } from '../domain/clock.ts'
import type { UploadPointer } from '../domain/upload.ts'

export interface EraseDeps {
  erasures: ErasureStore
  partition: Partition
  sweep: ObjectSweep
  identity: Identity
  clock: Clock
}

/** Where people's sign-ins are. */
export interface Identity {
  /** Removes a user for good. @returns whether there was one */
  removeUser(userId: string): Promise<boolean>
}

/** Where a user's objects lie in the bucket. */
export const foldersOf = (userId: string): string[] => [`raw/${userId}/`, `exports/${userId}/`]

/**
 * Erases an account: sign-in, objects with all their versions, table items. Then it looks whether anything is left, and
 * only then completes the receipt. May be repeated after any failure; what is on the queue for the account meets the
 * mark that stands since the request, and is not stored any more.
 */
export async function eraseAccount(deps: EraseDeps, pointer: UploadPointer): Promise<void> {
  const { user_id: userId, upload_id: id } = pointer
  const receipt = await deps.erasures.receipt(id)
  if (!receipt) throw new Error(`erasure ${id} was never asked for`)
  if (receipt.status === 'erased') return
  const before = receipt.removed ?? { table_items: 0, object_versions: 0, open_uploads: 0, identity: false }
  // First, so that no new token comes for an account that is going.
  const identity = await deps.identity.removeUser(userId)
  const found = await eraseLeftovers(deps, userId)
  const removed = {
    table_items: before.table_items + found.table_items,
    object_versions: before.object_versions + found.object_versions,
    open_uploads: before.open_uploads + found.open_uploads,
    identity: before.identity || identity,
  }
  const left = await eraseLeftovers(deps, userId)
  if (left.table_items > 0 || left.object_versions > 0) {
    await deps.erasures.complete({ ...receipt, removed })
    throw new Error(
      `${left.table_items} items and ${left.object_versions} objects came while ${id} was erasing`,
    )
  }
  await deps.erasures.complete({
    ...receipt,
    status: 'erased',
    completed_at: new Date(deps.clock.now()).toISOString(),
    account_hash: accountHash(userId),
    removed,
    verified: { table_items: 0, object_versions: 0 },
  })
}

/** Removes everything of a user's but the sign-in. @returns what was there */
export async function eraseLeftovers(
  deps: Pick<EraseDeps, 'partition' | 'sweep'>,
  userId: string,
): Promise<{ table_items: number; object_versions: number; open_uploads: number }> {
  const found = { table_items: 0, object_versions: 0, open_uploads: 0 }
  for (const folder of foldersOf(userId)) {
    found.open_uploads += await deps.sweep.abortUploads(folder)
    found.object_versions += await deps.sweep.removeVersions(folder)
  }
  found.table_items = await deps.partition.remove(userId)
  return found
}
