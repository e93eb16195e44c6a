import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import type { VerifiedSignature } from '../../core/service.ts'
import { type Algorithm, type Claims, checksumHeader, createDigest } from './checksums.ts'
import { decodeChunked, incomplete } from './chunked.ts'

/** Largest body of one request. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_BODY_BYTES = 5 * 1024 ** 3
/** Largest XML or JSON document that a request may hold; S3's own limit for DeleteObjects is of this order. */
const MAX_DOCUMENT_BYTES = 2 * 1024 ** 2

/** A body on its way in. Reading `stream` to its end verifies it; when it throws, what was read is worth nothing. */
export interface Incoming {
  stream: AsyncIterable<Uint8Array>
  claims: Claims
  /** The checksum that the trailer brought; known at the end of the stream. */
  trailers(): Record<string, string>
}

/** A body that is in memory already. */
export function fromMemory(body: Uint8Array | string | undefined): Incoming {
  const bytes = Buffer.from(body ?? '')
  return {
    stream: (async function* whole() {
      if (bytes.length > 0) yield bytes
    })(),
    claims: {},
    trailers: () => ({}),
  }
}

/**
 * Opens the body of a signed request: plain with its declared hash, unsigned, or in signed or unsigned chunks.
 * @throws AwsError where the request does not say how long its body is, or says it wrongly
 */
export function openPayload(
  request: IncomingMessage,
  headers: Record<string, string | undefined>,
  signature: VerifiedSignature,
  claims: Claims,
): Incoming {
  const hash = signature.payloadHash
  const streaming = hash.startsWith('STREAMING-')
  if (streaming && !STREAMING.has(hash)) throw notImplemented('s3', `payload ${hash}`)
  const declared = headers[streaming ? 'x-amz-decoded-content-length' : 'content-length']
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  if (hasBody && declared === undefined)
    throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411)
  const length = Number(declared ?? 0)
  if (!(length >= 0)) throw new AwsError('InvalidArgument', `'${declared}' is not the length of a body`)
  if (length > MAX_BODY_BYTES)
    throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size')

  let trailers: Record<string, string> = {}
  // Left open on failure, so that the refusal can still be sent over it.
  const raw: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false })
  const decoded = streaming
    ? decodeChunked(raw, {
        signature: hash.startsWith('STREAMING-UNSIGNED') ? undefined : signature,
        trailer: hash.endsWith('-TRAILER'),
        onTrailers: received => {
          trailers = received
        },
      })
    : /^[0-9a-f]{64}$/.test(hash)
      ? hashed(raw, hash)
      : raw
  return { stream: counted(decoded, length), claims, trailers: () => trailers }
}

const STREAMING = new Set([
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
])

async function* hashed(source: AsyncIterable<Uint8Array>, expected: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const bytes of source) {
    hash.update(bytes)
    yield bytes
  }
  if (hash.digest('hex') !== expected)
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
}

async function* counted(source: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let seen = 0
  try {
    for await (const bytes of source) {
      seen += bytes.length
      if (seen > length) throw incomplete()
      yield bytes
    }
  } catch (error) {
    // The client went away in the middle.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') throw incomplete()
    throw error
  }
  if (seen !== length) throw incomplete()
}

/** Compares what was received with what the client claimed, in headers and trailer. @throws AwsError BadDigest */
export function verifyClaims(
  incoming: Incoming,
  md5: Buffer,
  checksum: { algorithm: Algorithm; value: string } | undefined,
): void {
  const { claims } = incoming
  if (claims.md5 !== undefined && claims.md5 !== md5.toString('base64'))
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.')
  if (!checksum) return
  const claimed = claims.value ?? incoming.trailers()[checksumHeader(checksum.algorithm)]
  if (claimed !== undefined && claimed !== checksum.value)
    throw new AwsError(
      'BadDigest',
      `The ${checksum.algorithm} you specified did not match the calculated checksum.`,
    )
}

/** Reads a small document, verified like any body. */
export async function readDocument(incoming: Incoming): Promise<string> {
  const md5 = createDigest('MD5')
  const { algorithm } = incoming.claims
  const digest = algorithm && createDigest(algorithm)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const bytes of incoming.stream) {
    size += bytes.length
    if (size > MAX_DOCUMENT_BYTES)
      throw new AwsError('EntityTooLarge', `the document is larger than ${MAX_DOCUMENT_BYTES} bytes`)
    md5.update(bytes)
    digest?.update(bytes)
    chunks.push(bytes)
  }
  verifyClaims(
    incoming,
    md5.digest(),
    digest && algorithm && { algorithm, value: digest.digest().toString('base64') },
  )
  return Buffer.concat(chunks).toString('utf8')
}
