import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { exportFormat, FORMAT_HEAD_BYTES } from '../../domain/export-format.ts'
import { Problem } from '../../problem.ts'
import { notAnExport } from './offer.ts'

/** An export on its way in. */
export interface IncomingExport {
  contentType: string
  /** Fails with a Problem when it grows too large or breaks off. */
  body: Readable
  /** The Problem that `body` failed with: what wraps the stream may wrap its error too. */
  fault(): Problem | undefined
  /** SHA-256 of the whole body in hex; call it after the end. */
  hash(): string
}

/**
 * Looks at the first bytes of a body and gives it on, counted and hashed as it flows.
 * @throws Problem 422 where it is neither XML nor a zip
 */
export async function readExport(body: Readable | undefined, limit: number): Promise<IncomingExport> {
  const chunks = (body ?? Readable.from([]))[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let head: Buffer = Buffer.alloc(0)
  let fault: Problem | undefined
  const next = async (): Promise<Buffer | undefined> => {
    try {
      const { done, value } = await chunks.next()
      return done ? undefined : value
    } catch (cause) {
      const detail = 'the body broke off before its end; send it again'
      throw new Problem(400, 'incomplete_body', 'The body is incomplete', detail, { cause })
    }
  }
  for (let chunk = await next(); chunk; chunk = await next()) {
    head = Buffer.concat([head, chunk])
    if (head.length >= FORMAT_HEAD_BYTES) break
  }
  const format = exportFormat(head)
  if (!format) throw notAnExport()

  const hash = createHash('sha256')
  async function* counted(): AsyncGenerator<Buffer> {
    let bytes = 0
    try {
      for (let chunk: Buffer | undefined = head; chunk; chunk = await next()) {
        bytes += chunk.length
        if (bytes > limit) {
          const detail = `the export is larger than ${limit} bytes; send its zip, which is about a tenth of the XML`
          throw new Problem(413, 'too_large', 'The body is too large', detail)
        }
        hash.update(chunk)
        yield chunk
      }
    } catch (error) {
      if (error instanceof Problem) fault = error
      throw error
    }
  }
  return {
    contentType: format === 'zip' ? 'application/zip' : 'application/xml',
    body: Readable.from(counted(), { objectMode: false }),
    fault: () => fault,
    hash: () => hash.digest('hex'),
  }
}
