import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, link, mkdir, open, rm, symlink } from 'node:fs/promises'
import { type Readable, pipeline as streamPipeline } from 'node:stream'
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
  const read = (async () => {
    for await (const entry of tar) {
      await unpackEntry(folder, entry.header, entry as unknown as Readable, whiteouts)
      entry.resume()
    }
  })()
  const fed = (async () => {
    for await (const chunk of await openTar(blob)) {
      if (tar.destroyed) return
      hash.update(chunk)
      if (!tar.write(chunk)) await room(tar)
    }
    tar.end(null)
  })()
  // A failure of either ends the other, so that neither is left waiting; the first one is told.
  const first = await Promise.race([read, fed.then(() => read)]).then(
    () => undefined,
    error => ({ error }),
  )
  if (first) {
    tar.destroy(first.error)
    await Promise.allSettled([read, fed])
    throw first.error
  }
  return { whiteouts, diffId: `sha256:${hash.digest('hex')}` }
}

/** The tar in a blob. */
async function openTar(blob: string): Promise<AsyncIterable<Buffer>> {
  const decompress = await decompressor(blob)
  const source = createReadStream(blob)
  // Errors reach whoever reads the last stream.
  return decompress ? streamPipeline(source, decompress, () => {}) : source
}

/** Resolves when the tar takes more, or nothing any more. */
function room(tar: ReturnType<typeof extract>): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      tar.off('drain', done)
      tar.off('close', done)
      resolve()
    }
    tar.on('drain', done)
    tar.on('close', done)
  })
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
  if (header.type === 'file' || header.type === 'contiguous-file') await writeBody(path, header.mode, body)
}

/** Files are shared by hard links between images and tasks: nobody may write into them. */
async function writeBody(path: string, mode: number, body: Readable): Promise<void> {
  const file = await open(path, 'w', (mode & 0o555) | 0o400)
  try {
    for await (const chunk of body) await file.writeFile(chunk)
  } finally {
    await file.close()
  }
}

async function decompressor(blob: string) {
  const file = await open(blob)
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0).finally(() => file.close())
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return createGunzip()
  if (buffer.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress()
  return undefined
}
