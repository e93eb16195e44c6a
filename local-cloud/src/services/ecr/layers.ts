import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ServiceContext } from '../../core/service.ts'
import type { Records } from './records.ts'

/** An upload that nobody finished, and a blob that no manifest needs, are forgotten after a day. */
const KEPT_MS = 86_400_000

/** What became of an upload's last step. */
export type Finish = { kind: 'stored'; digest: string } | { kind: 'mismatch'; actual: string }

/**
 * Blobs on disk: content-addressed files shared by all repositories, and uploads that become blobs by a rename,
 * so that a crash or a full disk never leaves half a blob. Which repository holds a blob is in the records.
 */
export interface Layers {
  /** Size in bytes as the file is now, or undefined when the repository does not hold it. */
  size(repository: string, digest: string): Promise<number | undefined>
  /** The bytes as they are on disk: a damaged file is given as it is, and whoever pulls verifies the digest. */
  read(digest: string, range?: { start: number; end: number }): Readable
  /** Adds a blob of another repository to this one. @returns false when that one does not hold it */
  mount(repository: string, from: string, digest: string): Promise<boolean>
  beginUpload(repository: string): Promise<string>
  /** Bytes received so far; undefined when there is no such upload. */
  offset(repository: string, upload: string): Promise<number | undefined>
  /** Adds the body at the end of the upload. @throws ENOSPC, after which the upload is gone, or empty where not even that can be recorded */
  append(upload: string, body: Readable): Promise<void>
  finish(repository: string, upload: string, digest: string): Promise<Finish>
  cancel(upload: string): Promise<void>
  /** Forgets blobs of the repository, and removes the files that no repository holds any more. */
  forget(repository: string, digests: string[]): Promise<void>
  /** Removes what crashes and absent-minded clients left behind. */
  sweep(): Promise<void>
}

export function createLayers(context: ServiceContext, records: Records): Layers {
  const folder = context.store.folder('ecr')
  const uploads = context.store.collection<{ repository: string; startedAt: number }>('ecr', 'upload')
  const uploadPath = (id: string) => join(folder, 'uploads', id)
  const blobPath = (digest: string) => {
    const hex = digest.slice('sha256:'.length)
    return join(folder, 'blobs', hex.slice(0, 2), hex)
  }
  const sizeOf = async (path: string) => (await stat(path).catch(() => undefined))?.size

  async function size(repository: string, digest: string): Promise<number | undefined> {
    return records.layers.get(`${repository}@${digest}`) && (await sizeOf(blobPath(digest)))
  }

  async function mount(repository: string, from: string, digest: string): Promise<boolean> {
    const bytes = await size(from, digest)
    if (bytes === undefined) return false
    records.layers.put(`${repository}@${digest}`, { digest, size: bytes, storedAt: context.clock.now() })
    return true
  }

  async function beginUpload(repository: string): Promise<string> {
    const id = randomUUID()
    await mkdir(join(folder, 'uploads'), { recursive: true, mode: 0o700 })
    uploads.put(id, { repository, startedAt: context.clock.now() })
    return id
  }

  async function offset(repository: string, upload: string): Promise<number | undefined> {
    if (uploads.get(upload)?.repository !== repository) return undefined
    return (await sizeOf(uploadPath(upload))) ?? 0
  }

  async function append(upload: string, body: Readable): Promise<void> {
    const file = await open(uploadPath(upload), 'a', 0o600)
    try {
      // A refused body is not destroyed: its socket must still carry the refusal.
      for await (const chunk of body.iterator({ destroyOnReturn: false })) {
        context.store.room('ecr')
        await file.writeFile(chunk)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') await cancel(upload).catch(() => {})
      throw error
    } finally {
      await file.close()
    }
  }

  async function finish(repository: string, upload: string, digest: string): Promise<Finish> {
    const path = uploadPath(upload)
    const hash = createHash('sha256')
    if ((await sizeOf(path)) !== undefined) await pipeline(createReadStream(path), hash)
    const actual = `sha256:${hash.digest('hex')}`
    if (actual !== digest) {
      await cancel(upload)
      return { kind: 'mismatch', actual }
    }
    await mkdir(dirname(blobPath(digest)), { recursive: true, mode: 0o700 })
    const bytes = (await sizeOf(path)) as number
    await rename(path, blobPath(digest))
    context.store.transaction(() => {
      records.layers.put(`${repository}@${digest}`, { digest, size: bytes, storedAt: context.clock.now() })
      uploads.delete(upload)
    })
    return { kind: 'stored', digest }
  }

  async function cancel(upload: string): Promise<void> {
    // The bytes first: they make the room in which that can be recorded.
    await rm(uploadPath(upload), { force: true })
    uploads.delete(upload)
  }

  async function forget(repository: string, digests: string[]): Promise<void> {
    for (const digest of digests) records.layers.delete(`${repository}@${digest}`)
    const held = new Set(records.layers.list().map(layer => layer.digest))
    for (const digest of digests) if (!held.has(digest)) await rm(blobPath(digest), { force: true })
  }

  async function sweep(): Promise<void> {
    const now = context.clock.now()
    for (const name of records.repositories.keys()) {
      const needed = new Set(records.images.list(`${name}@`).flatMap(image => image.references))
      const idle = records.layers
        .list(`${name}@`)
        .filter(({ digest, storedAt = 0 }) => !needed.has(digest) && storedAt + KEPT_MS < now)
      if (idle.length > 0)
        await forget(
          name,
          idle.map(layer => layer.digest),
        )
    }
    const held = new Set(records.layers.list().map(layer => layer.digest.slice('sha256:'.length)))
    for (const id of uploads.keys()) if ((uploads.get(id)?.startedAt ?? 0) + KEPT_MS < now) uploads.delete(id)
    for (const name of await readdir(join(folder, 'uploads')).catch(() => []))
      if (!uploads.get(name)) await rm(uploadPath(name), { force: true })
    for (const prefix of await readdir(join(folder, 'blobs')).catch(() => []))
      for (const hex of await readdir(join(folder, 'blobs', prefix)))
        if (!held.has(hex)) await rm(blobPath(`sha256:${hex}`), { force: true })
  }

  return {
    size,
    read: (digest, range) => createReadStream(blobPath(digest), range),
    mount,
    beginUpload,
    offset,
    append,
    finish,
    cancel,
    forget,
    sweep,
  }
}
