import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ServiceContext } from '../../core/service.ts'

/** Life of an authorization token, as on AWS: 12 hours. */
const TOKEN_MS = 12 * 3_600_000
/** Life of the URL that GetDownloadUrlForLayer gives, as on AWS: one hour. */
const URL_MS = 3_600_000

/** What a password of the registry protocol proves. */
export type Proof = { kind: 'allowed'; arn: string } | { kind: 'expired' } | { kind: 'unknown' }

/** Tokens and URLs that carry their own proof, so that they outlive a restart and nothing is kept of them. */
export interface Authorization {
  /** A password for user `AWS`, and when it ends (milliseconds since the epoch). */
  issue(arn: string): { token: string; expiresAt: number }
  /** @param header the `Authorization` header of the registry protocol */
  check(header: string | undefined): Proof
  /** The query that lets anybody read one layer for an hour. */
  layerQuery(repository: string, digest: string): string
  checkLayer(repository: string, digest: string, query: URLSearchParams): boolean
}

export function createAuthorization(context: ServiceContext): Authorization {
  const secrets = context.store.collection<string>('ecr', 'secret')
  if (!secrets.get('registry')) secrets.put('registry', randomBytes(32).toString('base64'))
  const key = Buffer.from(secrets.get('registry') as string, 'base64')
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
  const genuine = (text: string, signature: string) => {
    const [ours, theirs] = [Buffer.from(sign(text)), Buffer.from(signature)]
    return ours.length === theirs.length && timingSafeEqual(ours, theirs)
  }

  function issue(arn: string): { token: string; expiresAt: number } {
    const expiresAt = context.clock.now() + TOKEN_MS
    const payload = Buffer.from(
      JSON.stringify({ arn, expiresAt, nonce: randomBytes(9).toString('base64') }),
    ).toString('base64url')
    return { token: `${payload}.${sign(`token ${payload}`)}`, expiresAt }
  }

  function check(header: string | undefined): Proof {
    const basic = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1]
    const [, payload = '', signature = ''] =
      /^AWS:([\w-]+)\.([\w-]+)$/.exec(Buffer.from(basic ?? '', 'base64').toString()) ?? []
    if (!payload || !genuine(`token ${payload}`, signature)) return { kind: 'unknown' }
    const { arn, expiresAt } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return expiresAt > context.clock.now() ? { kind: 'allowed', arn } : { kind: 'expired' }
  }

  function layerQuery(repository: string, digest: string): string {
    const expires = String(context.clock.now() + URL_MS)
    const signature = sign(`layer ${repository}@${digest} ${expires}`)
    return new URLSearchParams({ expires, signature }).toString()
  }

  function checkLayer(repository: string, digest: string, query: URLSearchParams): boolean {
    const expires = query.get('expires') ?? ''
    return (
      Number(expires) > context.clock.now() &&
      genuine(`layer ${repository}@${digest} ${expires}`, query.get('signature') ?? '')
    )
  }

  return { issue, check, layerQuery, checkLayer }
}
