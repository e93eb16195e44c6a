import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Descriptor, digestOf, MEDIA_TYPES } from './oci.ts'

/** A blob that no image of ours names any more is kept for a day, for whoever is pushing it now. */
const KEEP_MS = 86_400_000

/**
 * An OCI image layout in a folder, as skopeo and others read it (`oci:<folder>`).
 * https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
 */
export interface Layout {
  path(digest: string): string
  /** A new file beside the blobs, to be written and then adopted. */
  temporary(): string
  /** Turns a finished temporary file into the blob of that digest. */
  adopt(temporary: string, digest: string): Promise<string>
  put(content: string, mediaType: string): Promise<Descriptor & { path: string }>
  /** Whether the blob is there and still has its digest. */
  intact(descriptor: Descriptor): Promise<boolean>
  readNote<T>(name: string): Promise<T | undefined>
  writeNote(name: string, value: object): Promise<void>
  /** Writes a file for people beside the blobs. */
  writeBeside(name: string, content: string): Promise<void>
  /** Names the image in `index.json`, and removes old blobs that are not among `keep`. */
  publish(manifest: Descriptor, tag: string, keep: string[]): Promise<void>
}

/** Opens the layout in `folder`, which is made when absent. */
export async function openLayout(folder: string): Promise<Layout> {
  const blobs = join(folder, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const path = (digest: string) => join(blobs, digest.slice('sha256:'.length))
  let files = 0
  const temporary = () => join(folder, `.tmp-${process.pid}-${Date.now()}-${files++}`)

  async function write(target: string, content: string): Promise<string> {
    const file = temporary()
    await mkdir(dirname(target), { recursive: true })
    await writeFile(file, content)
    await rename(file, target)
    return target
  }

  async function adopt(file: string, digest: string): Promise<string> {
    await rename(file, path(digest))
    return path(digest)
  }

  async function put(content: string, mediaType: string): Promise<Descriptor & { path: string }> {
    const digest = digestOf(content)
    return {
      mediaType,
      digest,
      size: Buffer.byteLength(content),
      path: await write(path(digest), content),
    }
  }

  async function intact({ digest, size }: Descriptor): Promise<boolean> {
    const found = await stat(path(digest)).catch(() => undefined)
    if (found?.size !== size) return false
    const hash = createHash('sha256')
    await pipeline(createReadStream(path(digest)), hash)
    return `sha256:${hash.digest('hex')}` === digest
  }

  async function readNote<T>(name: string): Promise<T | undefined> {
    const text = await readFile(join(folder, 'cache', `${name}.json`), 'utf8').catch(() => undefined)
    try {
      return text === undefined ? undefined : (JSON.parse(text) as T)
    } catch {
      return undefined
    }
  }

  async function publish(manifest: Descriptor, tag: string, keep: string[]): Promise<void> {
    const entry = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } }
    await write(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    await write(
      join(folder, 'index.json'),
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [entry] }),
    )
    const kept = new Set(keep.map(path))
    const old = async (file: string) => {
      const found = await stat(file).catch(() => undefined)
      return found !== undefined && found.mtimeMs + KEEP_MS < Date.now()
    }
    for (const name of await readdir(blobs)) {
      const file = join(blobs, name)
      if (!kept.has(file) && (await old(file))) await rm(file, { force: true })
    }
    for (const name of await readdir(folder))
      if (name.startsWith('.tmp-') && (await old(join(folder, name)))) await rm(join(folder, name))
  }

  return {
    path,
    temporary,
    adopt,
    put,
    intact,
    readNote,
    writeNote: async (name, value) =>
      void (await write(join(folder, 'cache', `${name}.json`), JSON.stringify(value))),
    writeBeside: async (name, content) => void (await write(join(folder, name), content)),
    publish,
  }
}
