import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { exportFormat, FORMAT_HEAD_BYTES } from '../../domain/export-format.ts'
import { UnprocessableUpload } from '../../domain/upload.ts'

/** Largest export.xml inside a zip, in bytes: real ones reach 4 GB; more is a bomb. */
const MAX_XML_BYTES = 16 * 1024 ** 3

/**
 * Gives the XML of an export, whichever way it comes, to `use`; what it needs on disk is gone afterwards.
 * A zip has its directory at the end, so it is first written to a temporary file.
 * @throws UnprocessableUpload where the zip is damaged or has no export.xml
 */
export async function withExportXml<T>(
  raw: Readable,
  use: (xml: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const chunks = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first: Buffer[] = []
  let size = 0
  while (size < FORMAT_HEAD_BYTES) {
    const { done, value } = await chunks.next()
    if (done) break
    first.push(value)
    size += value.length
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield* first
    yield* { [Symbol.asyncIterator]: () => chunks }
  }
  if (exportFormat(Buffer.concat(first)) !== 'zip') return use(whole())

  const folder = await mkdtemp(join(tmpdir(), 'import-'))
  try {
    const path = join(folder, 'export.zip')
    await pipeline(Readable.from(whole(), { objectMode: false }), createWriteStream(path, { mode: 0o600 }))
    return await withEntry(path, use)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function withEntry<T>(path: string, use: (xml: AsyncIterable<Buffer>) => Promise<T>): Promise<T> {
  const zip = await openPromise(path, { autoClose: false }).catch(damaged)
  try {
    const entry = await findEntry(zip).catch(damaged)
    if (!entry)
      throw new UnprocessableUpload(
        'the zip holds no export.xml; send the zip that the Health app makes (Export All Health Data), unchanged',
      )
    if (entry.uncompressedSize > MAX_XML_BYTES)
      throw new UnprocessableUpload(
        `export.xml unpacks to more than ${MAX_XML_BYTES} bytes; send it in parts`,
      )
    const stream = await zip.openReadStreamPromise(entry).catch(damaged)
    return await use(inflated(stream))
  } finally {
    zip.close()
  }
}

async function findEntry(zip: ZipFile): Promise<Entry | undefined> {
  for await (const entry of zip.eachEntry()) if (/(^|\/)export\.xml$/i.test(entry.fileName)) return entry
  return undefined
}

async function* inflated(stream: Readable): AsyncGenerator<Buffer> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    for (;;) {
      const { done, value } = await chunks.next().catch(damaged)
      if (done) return
      yield value
    }
  } finally {
    stream.destroy()
  }
}

function damaged(cause: unknown): never {
  throw new UnprocessableUpload('the zip is damaged or incomplete; export again and send the new zip', {
    cause,
  })
}
