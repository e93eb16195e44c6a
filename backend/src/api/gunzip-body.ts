import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { preParsingAsyncHookHandler } from 'fastify'
import { Problem } from '../problem.ts'

/**
 * Unpacks a body with `content-encoding: gzip` as it streams in. The route's body limit holds for what is unpacked, so
 * that a small body cannot become a large one. For a route's `preParsing`.
 * @throws Problem 415 for any other encoding, 400 where the gzip is damaged
 */
export const gunzipBody: preParsingAsyncHookHandler = async (request, reply, payload) => {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase()
  if (!encoding || encoding === 'identity') return payload
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    reply.header('accept-encoding', 'gzip')
    const detail = 'the body may be compressed with gzip, or not at all'
    throw new Problem(415, 'unsupported_encoding', 'The content encoding is not known', detail)
  }
  let received = 0
  const gunzip = createGunzip()
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of payload as AsyncIterable<Buffer>) {
      received += chunk.length
      yield chunk
    }
  }
  const packed = Readable.from(counted(), { objectMode: false })
  packed.on('error', error => gunzip.destroy(error))
  packed.pipe(gunzip)
  async function* unpacked(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of gunzip) yield chunk as Buffer
    } catch (cause) {
      const detail = 'the gzip is damaged or incomplete; send it again'
      throw new Problem(400, 'malformed_gzip', 'The body is not gzip', detail, { cause })
    }
  }
  const body = Readable.from(unpacked(), { objectMode: false })
  // Fastify holds a content-length against what came, not against what it became.
  return Object.defineProperty(body, 'receivedEncodedLength', { get: () => received }) as typeof payload
}
