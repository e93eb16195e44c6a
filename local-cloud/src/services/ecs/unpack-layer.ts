import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, link, mkdir, open, rm, symlink } from 'node:fs/promises'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { partsOf, rootedLink, within } from './rooted-path.ts'

/** What a layer takes away from those below it; paths are relative to the root of the image. */
export interface Whiteouts {
  removed: string[]
  /** Folders of which nothing below shows through. */
  opaque: string[]
}

/**
 * Unpacks a layer (tar, or tar in gzip or zstd, whatever its media type claims) into `folder`.
 * Owners are not kept: a task's processes run as the user that runs the cloud. Devices and pipes are skipped.
 * @returns what it removes, and the digest of the tar itself, to compare with the image's `diff_ids`
 * @throws when it is no tar, or when a path or link escapes
 */
export async function unpackLayer(
  blob: string,
  folder: string,
): Promise<{ whiteouts: Whiteouts; diffId: string }> {
  const whiteouts: Whiteouts = { removed: [], opaque: [] }
  const hash = createHash('sha256')
  const tar = extract()
  const hashed = new PassThrough()
  hashed.on('data', (chunk: Buffer) => hash.update(chunk))
  const decompress = await decompressor(blob)
  const source: Readable = createReadStream(blob)
  const sink = tar as unknown as NodeJS.WritableStream
  const fed = decompress ? pipeline(source, decompress, hashed, sink) : pipeline(source, hashed, sink)
  const read = (async () => {
    for await (const entry of tar) {
      await unpackEntry(folder, entry.header, entry as unknown as Readable, whiteouts)
      entry.resume()
    }
  })()
  // A failure of either ends the other, so that neither is left waiting.
  read.catch(error => tar.destroy(error))
  const [feeding, reading] = await Promise.allSettled([fed, read])
  if (reading.status === 'rejected') throw reading.reason
  if (feeding.status === 'rejected') throw feeding.reason
  return { whiteouts, diffId: `sha256:${hash.digest('hex')}` }
}

async function unpackEntry(
  folder: string,
  header: Header,
  body: Readable,
  whiteouts: Whiteouts,
): Promise<void> {
  const parts = partsOf(header.name)
  const name = parts.at(-1)
  if (name === undefined) return
  const parent = parts.slice(0, -1)
  if (name === '.wh..wh..opq') return void whiteouts.opaque.push(parent.join('/'))
  if (name.startsWith('.wh.')) return void whiteouts.removed.push([...parent, name.slice(4)].join('/'))
  const path = await within(folder, header.name, true)
  if (header.type === 'directory') {
    await mkdir(path, { recursive: true })
    // The owner must be able to go in and clear up again.
    return chmod(path, (header.mode & 0o777) | 0o700)
  }
  await rm(path, { recursive: true, force: true })
  if (header.type === 'symlink') return symlink(rootedLink(header.name, header.linkname), path)
  if (header.type === 'link') return link(await within(folder, header.linkname), path)
  if (header.type === 'file' || header.type === 'contiguous-file')
    // Files are shared by hard links between images and tasks: nobody may write into them.
    await pipeline(body, createWriteStream(path, { mode: (header.mode & 0o555) | 0o400 }))
}

async function decompressor(blob: string) {
  const file = await open(blob)
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0).finally(() => file.close())
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return createGunzip()
  if (buffer.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress()
  return undefined
}
