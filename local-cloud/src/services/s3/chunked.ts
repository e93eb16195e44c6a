import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'
import type { VerifiedSignature } from '../../core/service.ts'

/** Longest line of the framing: a size, a signature, or a trailer. */
const MAX_LINE = 16_384
const EMPTY = createHash('sha256').digest('hex')

export interface ChunkedOptions {
  /** Present when each chunk is signed. */
  signature?: VerifiedSignature
  /** Whether headers follow the last chunk. */
  trailer: boolean
  /** Receives the trailing headers, lower case, once they are verified. */
  onTrailers(headers: Record<string, string>): void
}

/**
 * Decodes the `aws-chunked` encoding and verifies the chain of signatures where there is one.
 * The bytes of a chunk are handed on before its signature is known: the reader must discard them when this throws.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @throws AwsError SignatureDoesNotMatch, IncompleteBody, InvalidRequest
 */
export async function* decodeChunked(
  source: AsyncIterable<Uint8Array>,
  options: ChunkedOptions,
): AsyncGenerator<Uint8Array> {
  const input = createReader(source)
  const chain = options.signature && createChain(options.signature)
  for (;;) {
    const header = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(await input.line())
    if (!header) throw malformed('a chunk must begin with its size in hexadecimal')
    const size = Number.parseInt(header[1] as string, 16)
    if (chain && !header[2]) throw malformed('a chunk has no signature')
    const hash = createHash('sha256')
    for await (const bytes of input.take(size)) {
      if (chain) hash.update(bytes)
      yield bytes
    }
    chain?.verify('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY, hash.digest('hex')], header[2] as string)
    if (size === 0) break
    if ((await input.line()) !== '') throw malformed('a chunk is longer than its size')
  }
  options.onTrailers(await readTrailers(input, chain, options.trailer))
  if (!(await input.ended())) throw malformed('bytes follow the end of the body')
}

async function readTrailers(
  input: Reader,
  chain: Chain | undefined,
  expected: boolean,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {}
  let canonical = ''
  let signature: string | undefined
  for (;;) {
    // Some clients leave out the empty line after the last chunk or trailer.
    const line = (await input.ended()) ? '' : await input.line()
    if (line === '') break
    const [, name = '', value = ''] = /^([\w-]+):\s*(.*?)\s*$/.exec(line) ?? []
    if (name === '') throw malformed('a trailer must look like name:value')
    if (name.toLowerCase() === 'x-amz-trailer-signature') signature = value
    else {
      headers[name.toLowerCase()] = value
      canonical += `${name.toLowerCase()}:${value}\n`
    }
  }
  if (chain && expected) {
    const hash = createHash('sha256').update(canonical).digest('hex')
    chain.verify('AWS4-HMAC-SHA256-TRAILER', [hash], signature ?? '')
  }
  return headers
}

interface Chain {
  verify(algorithm: string, hashes: string[], claimed: string): void
}

/** Each signature signs the one before it, the request's own first. */
function createChain({ signingKey, date, scope, signature }: VerifiedSignature): Chain {
  let previous = signature
  return {
    verify: (algorithm, hashes, claimed) => {
      const toSign = [algorithm, date, scope, previous, ...hashes].join('\n')
      const expected = createHmac('sha256', signingKey).update(toSign).digest('hex')
      if (claimed.length !== expected.length || !timingSafeEqual(Buffer.from(claimed), Buffer.from(expected)))
        throw new AwsError(
          'SignatureDoesNotMatch',
          'The signature of a chunk of the body does not match the one we calculated.',
          403,
        )
      previous = expected
    },
  }
}

interface Reader {
  line(): Promise<string>
  take(size: number): AsyncGenerator<Buffer>
  ended(): Promise<boolean>
}

function createReader(source: AsyncIterable<Uint8Array>): Reader {
  const iterator = source[Symbol.asyncIterator]()
  let buffered: Buffer = Buffer.alloc(0)

  async function more(): Promise<boolean> {
    const { value, done } = await iterator.next()
    if (done) return false
    buffered = buffered.length === 0 ? asBuffer(value) : Buffer.concat([buffered, value])
    return true
  }

  async function line(): Promise<string> {
    for (;;) {
      const end = buffered.indexOf('\r\n')
      if (end >= 0) {
        const text = buffered.toString('latin1', 0, end)
        buffered = buffered.subarray(end + 2)
        return text
      }
      if (buffered.length > MAX_LINE) throw malformed('a line of the chunk framing is too long')
      if (!(await more())) throw incomplete()
    }
  }

  async function* take(size: number): AsyncGenerator<Buffer> {
    let left = size
    while (left > 0) {
      if (buffered.length === 0 && !(await more())) throw incomplete()
      const part = buffered.subarray(0, left)
      buffered = buffered.subarray(part.length)
      left -= part.length
      if (part.length > 0) yield part
    }
  }

  return { line, take, ended: async () => buffered.length === 0 && !(await more()) }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function malformed(message: string): AwsError {
  return new AwsError('InvalidRequest', `The aws-chunked body is malformed: ${message}`)
}

/** The client promised more bytes than it sent. */
export function incomplete(): AwsError {
  return new AwsError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  )
}
