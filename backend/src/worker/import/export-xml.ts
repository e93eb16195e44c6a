import { Readable } from 'node:stream'
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import { exportFormat, FORMAT_HEAD_BYTES } from '../../domain/export-format.ts'
import { UnprocessableUpload } from '../../domain/upload.ts'
import type { ObjectBytes } from './object-bytes.ts'

/** Largest export.xml inside a zip, in bytes: real ones reach 4 GB; more is a bomb. */
const MAX_XML_BYTES = 16 * 1024 ** 3

/** The XML of an export, whichever way it comes. */
export interface ExportXml {
  /** Its length in bytes. */
  total: number
  /**
   * The XML from a byte on. Out of a zip it is inflated from the start, which is quick, and thrown away up to there.
   * @throws UnprocessableUpload where the zip is damaged
   */
  read(from: number): AsyncGenerator<Buffer>
}

/**
 * Opens a stored export. Nothing is copied to disk: of a zip the directory at its end is read, then what is asked for.
 * @throws UnprocessableUpload where it is no export, or its zip is damaged or has no export.xml
 */
export async function openExport(object: ObjectBytes): Promise<ExportXml> {
  const head: Buffer[] = []
  for await (const bytes of object.read(0, Math.min(FORMAT_HEAD_BYTES, object.size))) head.push(bytes)
  const format = exportFormat(Buffer.concat(head))
  if (format === 'xml') return { total: object.size, read: from => object.read(from) }
  if (format !== 'zip') throw new UnprocessableUpload(NOT_AN_EXPORT)
  const zip = await fromRandomAccessReaderPromise(new ObjectReader(object), object.size, {
    autoClose: false,
  }).catch(damaged)
  const entry = await findEntry(zip).catch(damaged)
  if (!entry)
    throw new UnprocessableUpload(
      'the zip holds no export.xml; send the zip that the Health app makes (Export All Health Data), unchanged',
    )
  if (entry.uncompressedSize > MAX_XML_BYTES)
    throw new UnprocessableUpload(`export.xml unpacks to more than ${MAX_XML_BYTES} bytes; send it in parts`)
  return { total: entry.uncompressedSize, read: from => inflated(zip, entry, from) }
}

/** What is said of a body that is neither XML nor a zip. */
export const NOT_AN_EXPORT =
  'the body must be the export.xml of Apple Health, or its zip: Health app, your picture, Export All Health Data'

/** An error of the store, which is worth another try and says nothing of the zip. */
class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
}

class ObjectReader extends RandomAccessReader {
  private readonly object: ObjectBytes
  constructor(object: ObjectBytes) {
    super()
    this.object = object
  }
  override _readStreamForRange(start: number, end: number): Readable {
    const { object } = this
    async function* bytes(): AsyncGenerator<Buffer> {
      try {
        yield* object.read(start, end)
      } catch (cause) {
        throw new StoreFailure('the export could not be read', { cause })
      }
    }
    return Readable.from(bytes(), { objectMode: false })
  }
}

async function findEntry(zip: ZipFile): Promise<Entry | undefined> {
  for await (const entry of zip.eachEntry()) if (/(^|\/)export\.xml$/i.test(entry.fileName)) return entry
  return undefined
}

async function* inflated(zip: ZipFile, entry: Entry, from: number): AsyncGenerator<Buffer> {
  const stream = await zip.openReadStreamPromise(entry).catch(damaged)
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let skip = from
  try {
    for (;;) {
      const { done, value } = await chunks.next().catch(damaged)
      if (done) return
      const rest = value.subarray(skip)
      skip -= value.length - rest.length
      if (rest.length > 0) yield rest
    }
  } finally {
    stream.destroy()
  }
}

function damaged(cause: unknown): never {
  if (cause instanceof StoreFailure) throw cause
  throw new UnprocessableUpload('the zip is damaged or incomplete; export again and send the new zip', {
    cause,
  })
}
