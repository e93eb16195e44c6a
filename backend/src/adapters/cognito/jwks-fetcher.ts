import http from 'node:http'
import https from 'node:https'

/** The issuer's keys cannot be had. */
export class JwksUnavailable extends Error {
  override readonly name = 'JwksUnavailable'
  readonly code: string

  constructor(code: string, cause?: unknown) {
    super(`the issuer's keys cannot be fetched: ${code}`, { cause })
    this.code = code
  }
}

/** Longest wait for the keys, in milliseconds. */
const LIMIT_MS = 3000
/** Cognito's key sets are under 2 KiB. */
const MAX_BYTES = 64 * 1024

/**
 * A fetcher for `aws-jwt-verify` that speaks https, and http to a loopback address only: the issuer of a local AWS. It
 * follows no redirects. Built on `node:http`, which is loaded already, where `fetch` would add to the time to start.
 */
export const jwksFetcher = {
  fetch: async (uri: string): Promise<ArrayBuffer> => {
    const { protocol, hostname } = new URL(uri)
    const loopback = /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(hostname)
    if (protocol !== 'https:' && !(protocol === 'http:' && loopback)) throw new JwksUnavailable('not_https')
    const signal = AbortSignal.timeout(LIMIT_MS)
    try {
      const response = await get(protocol === 'https:' ? https : http, uri, signal)
      if (response.statusCode !== 200) throw new JwksUnavailable(`http_${response.statusCode}`)
      return await read(response)
    } catch (error) {
      if (error instanceof JwksUnavailable) throw error
      const { code } = error as NodeJS.ErrnoException
      throw new JwksUnavailable(signal.aborted ? 'ETIMEDOUT' : (code ?? 'EUNREACHABLE'), error)
    }
  },
}

function get(
  client: typeof http | typeof https,
  uri: string,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    client.get(uri, { signal, agent: false }, resolve).on('error', reject)
  })
}

async function read(response: http.IncomingMessage): Promise<ArrayBuffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) throw new JwksUnavailable('too_large')
    chunks.push(chunk)
  }
  return Uint8Array.from(Buffer.concat(chunks)).buffer
}
