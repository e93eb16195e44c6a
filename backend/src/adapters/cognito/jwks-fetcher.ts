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

/** A fetcher for `aws-jwt-verify` that speaks https, and http to a loopback address only: the issuer of a local AWS. */
export function createJwksFetcher(fetchUrl: typeof fetch): { fetch: (uri: string) => Promise<ArrayBuffer> } {
  return {
    fetch: async uri => {
      const { protocol, hostname } = new URL(uri)
      const loopback = /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(hostname)
      if (protocol !== 'https:' && !loopback) throw new JwksUnavailable('not_https')
      let response: Response
      try {
        response = await fetchUrl(uri, { redirect: 'error', signal: AbortSignal.timeout(LIMIT_MS) })
        if (response.ok) return await response.arrayBuffer()
      } catch (error) {
        throw new JwksUnavailable(
          (error as Error).name === 'TimeoutError' ? 'ETIMEDOUT' : 'EUNREACHABLE',
          error,
        )
      }
      throw new JwksUnavailable(`http_${response.status}`)
    },
  }
}
