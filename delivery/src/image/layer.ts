import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { PassThrough, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { pack } from 'tar-stream'
import type { Layout } from './layout.ts'
import { type Layer, MEDIA_TYPES } from './oci.ts'

/** A file or folder of a layer. Folders end in `/`. */
export interface Entry {
  /** Path in the image, without the first slash: `app/api.js`. */
  name: string
  /** The content itself, or the file that has it; absent for a folder or a link. */
  content?: Uint8Array | { file: string }
  /** What a symbolic link points to. */
  link?: string
  /** Permission bits. @default 0o644 for files, 0o755 for folders */
  mode?: number
  /** Numeric user and group. @default 1000 */
  owner?: number
}

/**
 * zstd at level 3, and not gzip: Fargate and containerd take both, and zstd packs the Node binary in a third of the
 * time (0.9 s against 3.5 s) to a smaller layer (46 MB against 51 MB), which Fargate also unpacks faster.
 */
const ZSTD_LEVEL = 3

/**
 * Writes a layer into the layout. The same entries give the same bytes wherever and whenever it runs: they are sorted,
 * dated to the epoch, and have fixed owners and modes.
 */
export async function writeLayer(layout: Layout, entries: Entry[]): Promise<Layer> {
  const file = layout.temporary()
  const whole = createHash('sha256')
  const packed = createHash('sha256')
  let size = 0
  try {
    await pipeline(
      tar(entries),
      tap(chunk => whole.update(chunk)),
      createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }),
      tap(chunk => {
        packed.update(chunk)
        size += chunk.length
      }),
      createWriteStream(file),
    )
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
  const digest = `sha256:${packed.digest('hex')}`
  const path = await layout.adopt(file, digest)
  return { mediaType: MEDIA_TYPES.layer, digest, size, diffId: `sha256:${whole.digest('hex')}`, path }
}

function tar(entries: Entry[]): Readable {
  const archive = pack()
  const out = new PassThrough()
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  pipeline(archive, out).catch(error => out.destroy(error))
  write().catch(error => archive.destroy(error))
  return out

  async function write(): Promise<void> {
    for (const { name, content, link, mode, owner = 1000 } of sorted) {
      const common = { name, uid: owner, gid: owner, mtime: new Date(0) }
      if (link !== undefined) {
        archive.entry({ ...common, type: 'symlink', linkname: link, mode: 0o777 })
        continue
      }
      if (content === undefined) {
        archive.entry({ ...common, type: 'directory', mode: mode ?? 0o755 })
        continue
      }
      const inFile = 'file' in content
      const size = inFile ? (await stat(content.file)).size : content.length
      const source = inFile ? createReadStream(content.file) : Readable.from([content])
      await pipeline(source, archive.entry({ ...common, type: 'file', mode: mode ?? 0o644, size }))
    }
    archive.finalize()
  }
}

function tap(see: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk, _, done) {
      see(chunk)
      done(null, chunk)
    },
  })
}
