import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AwsError } from '../../core/aws-error.ts'
import { type Algorithm, createDigest } from './checksums.ts'
import { type Incoming, verifyClaims } from './payload.ts'

/** A body, or a part of one, in a file that never changes. */
export interface Segment {
  file: string
  size: number
}

export interface Stored extends Segment {
  md5: Buffer
  checksum: { algorithm: Algorithm; value: string }
  /** The checksum that the client claimed, where it used another algorithm than is kept. */
  verified: { algorithm: Algorithm; value: string }
}

/** The bodies: one file each below `objects/`, written under `incoming/` and moved once verified. */
export interface Blobs {
  /**
   * Writes a body to disk and verifies it. Nothing is left behind when this rejects.
   * @throws AwsError BadDigest and what the stream throws; InternalError when the disk is full
   */
  receive(incoming: Incoming, algorithm: Algorithm): Promise<Stored>
  /** The bytes `[start, end)` of a body made of segments. */
  read(segments: Segment[], start: number, end: number): AsyncGenerator<Uint8Array>
  /** Removes files, those being read once their readers are done. */
  remove(segments: Segment[]): Promise<void>
  /** Removes whatever a crash left: unfinished bodies, and bodies that no record names. */
  sweep(named: ReadonlySet<string>): Promise<number>
}

/** What a store of bodies needs. */
export interface BlobParts {
  log(message: string, fields: Record<string, unknown>): void
  /** Called before bytes are written. @throws ENOSPC while the disk is to seem full */
  room(): void
}

export function createBlobs(folder: string, { log, room }: BlobParts): Blobs {
  /** How many are reading a file; it is removed when the last of them is done. */
  const readers = new Map<string, number>()
  const doomed = new Set<string>()
  const path = (file: string) => join(folder, 'objects', file.slice(0, 2), file)

  async function receive(incoming: Incoming, algorithm: Algorithm): Promise<Stored> {
    const file = randomUUID()
    const temporary = join(folder, 'incoming', file)
    try {
      await mkdir(join(folder, 'incoming'), { recursive: true })
      const stored = await write(incoming, { algorithm, path: temporary, room })
      await mkdir(join(folder, 'objects', file.slice(0, 2)), { recursive: true })
      await rename(temporary, path(file))
      return { file, ...stored }
    } catch (error) {
      await rm(temporary, { force: true })
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') throw error
      log('the disk is full: an object was refused', { code })
      throw new AwsError(
        'InternalError',
        'We encountered an internal error: the disk under the local cloud is full. Free some space and try again.',
        500,
      )
    }
  }

  function read(segments: Segment[], start: number, end: number): AsyncGenerator<Uint8Array> {
    for (const { file } of segments) readers.set(file, (readers.get(file) ?? 0) + 1)
    return bytes(segments, start, end)
  }

  async function* bytes(segments: Segment[], start: number, end: number): AsyncGenerator<Uint8Array> {
    let offset = 0
    try {
      for (const { file, size } of segments) {
        const from = Math.max(start - offset, 0)
        const to = Math.min(end - offset, size)
        offset += size
        if (from < to) yield* createReadStream(path(file), { start: from, end: to - 1 })
      }
    } finally {
      await release(segments)
    }
  }

  async function release(segments: Segment[]): Promise<void> {
    for (const { file } of segments) {
      const left = (readers.get(file) ?? 1) - 1
      if (left > 0) readers.set(file, left)
      else {
        readers.delete(file)
        if (doomed.delete(file)) await rm(path(file), { force: true })
      }
    }
  }

  async function remove(segments: Segment[]): Promise<void> {
    for (const { file } of segments)
      if (readers.has(file)) doomed.add(file)
      else await rm(path(file), { force: true })
  }

  return {
    receive,
    read,
    remove,
    sweep: async named => {
      await rm(join(folder, 'incoming'), { recursive: true, force: true })
      let removed = 0
      for (const shelf of await readdir(join(folder, 'objects')).catch(() => []))
        for (const file of await readdir(join(folder, 'objects', shelf)))
          if (!named.has(file)) {
            await rm(path(file), { force: true })
            removed++
          }
      return removed
    },
  }
}

async function write(
  incoming: Incoming,
  { algorithm, path, room }: { algorithm: Algorithm; path: string; room: () => void },
): Promise<Omit<Stored, 'file'>> {
  const md5 = createDigest('MD5')
  const digest = createDigest(algorithm)
  const { algorithm: claimed } = incoming.claims
  const other = claimed && claimed !== algorithm ? createDigest(claimed) : undefined
  const handle = await open(path, 'wx', 0o600)
  let size = 0
  try {
    for await (const bytes of incoming.stream) {
      room()
      md5.update(bytes)
      digest.update(bytes)
      other?.update(bytes)
      size += bytes.length
      for (let written = 0; written < bytes.length; )
        written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten
    }
  } finally {
    await handle.close()
  }
  const sum = md5.digest()
  const checksum = { algorithm, value: digest.digest().toString('base64') }
  const verified =
    other && claimed ? { algorithm: claimed, value: other.digest().toString('base64') } : checksum
  verifyClaims(incoming, sum, verified)
  return { size, md5: sum, checksum, verified }
}
