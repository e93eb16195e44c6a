import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { PoolRecord } from './records.ts'

export type Claims = Record<string, unknown>

/** The pool's public key as its key set shows it. */
export function publicJwk(pool: PoolRecord) {
  const { n, e } = keysOf(pool).public.export({ format: 'jwk' })
  return { alg: 'RS256', e, kid: pool.keyId, kty: 'RSA', n, use: 'sig' }
}

export function signJwt(pool: PoolRecord, claims: Claims): string {
  const head = encode({ kid: pool.keyId, alg: 'RS256' })
  const signed = `${head}.${encode(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), keysOf(pool).private).toString('base64url')}`
}

/** The claims of a token, not believed yet. */
export function readJwt(token: string): Claims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return claims && typeof claims === 'object' ? (claims as Claims) : undefined
  } catch {
    return undefined
  }
}

/** Whether the pool signed the token, with RS256 and nothing else. */
export function isSignedBy(pool: PoolRecord, token: string): boolean {
  const [head = '', body = '', signature = '', ...more] = token.split('.')
  if (more.length > 0) return false
  try {
    const { alg, kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as Claims
    if (alg !== 'RS256' || kid !== pool.keyId) return false
  } catch {
    return false
  }
  return verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    keysOf(pool).public,
    Buffer.from(signature, 'base64url'),
  )
}

function keysOf(pool: PoolRecord): { private: KeyObject; public: KeyObject } {
  const secret = createPrivateKey(pool.privateKey)
  return { private: secret, public: createPublicKey(secret) }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
