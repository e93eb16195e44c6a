import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Problem } from '../../problem.ts'
import { type CognitoTokens, createTokenVerifier } from './token-verifier.ts'

/** An issuer of tokens on loopback, with one key at first. */
interface Issuer {
  url: string
  keys: Map<string, KeyObject>
  /** How often its keys were fetched. */
  fetches: number
  answer: number
  close(): void
}

const CLIENT = 'client1'
const SUB = '6f1c1c1e-0000-4000-8000-000000000001'
let issuer: Issuer
let tokens: CognitoTokens
let publicKey: KeyObject

beforeEach(async () => {
  issuer = await startIssuer()
  publicKey = addKey('k1')
  tokens = createTokenVerifier({ issuer: issuer.url, clientId: CLIENT })
})
afterEach(() => issuer.close())

test('a good token names its user, and its keys are fetched once', async () => {
  expect(await tokens.verify(token())).toEqual({ id: SUB })
  await Promise.all([tokens.verify(token()), tokens.verify(token())])
  expect(issuer.fetches).toBe(1)
})

test.each<[string, () => string]>([
  ['expired', () => token({ exp: seconds() - 1 })],
  ['of an issuer that only looks alike', () => token({ iss: `${issuer.url}x` })],
  ['of another client', () => token({ client_id: 'client2' })],
  ['an id token', () => token({ token_use: 'id', aud: CLIENT })],
  ['without a use', () => token({ token_use: undefined })],
  ['without a user', () => token({ sub: undefined })],
  ['without an expiry', () => token({ exp: undefined })],
  ['signed by another key under the same id', () => token({}, { key: stranger() })],
  ['changed after signing', () => tamper(token())],
  ['unsigned', () => `${encode({ alg: 'none', kid: 'k1' })}.${encode(claims())}.`],
  ['signed with the public key as a secret', confused],
  ['not a token', () => 'nonsense'],
  ['of three parts that are nothing', () => 'a.b.c'],
])('a token %s is 401 invalid_token', async (_what, make) => {
  const problem = await refusal(make())
  expect(problem).toMatchObject({ status: 401, type: 'invalid_token' })
  expect(problem.headers['www-authenticate']).toMatch(
    /^Bearer error="invalid_token", error_description="[a-z ]+"$/,
  )
})

test('a key that is new is fetched; one that is nobody’s is asked for once, then not for a while', async () => {
  await tokens.verify(token())
  addKey('k2')
  expect(await tokens.verify(token({}, { kid: 'k2' }))).toEqual({ id: SUB })
  expect(issuer.fetches).toBe(2)
  for (let i = 0; i < 5; i++)
    expect((await refusal(token({}, { kid: `forged${i}`, key: stranger() }))).status).toBe(401)
  expect(issuer.fetches).toBe(3)
  expect(await tokens.verify(token())).toEqual({ id: SUB })
})

test('a token of another issuer costs no fetch', async () => {
  await tokens.verify(token())
  expect(
    (await refusal(token({ iss: 'https://elsewhere.example' }, { kid: 'other', key: stranger() }))).status,
  ).toBe(401)
  expect(issuer.fetches).toBe(1)
})

test('keys that cannot be had are 503 until they can', async () => {
  issuer.answer = 500
  expect(await refusal(token())).toMatchObject({ status: 503, type: 'identity_unavailable' })
  issuer.answer = 200
  expect(await tokens.verify(token())).toEqual({ id: SUB })
  issuer.close()
  expect(await tokens.verify(token())).toEqual({ id: SUB })
  await expect(tokens.loadKeys()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('keys are fetched over http from loopback only', async () => {
  const remote = createTokenVerifier({ issuer: 'http://issuer.example/pool', clientId: CLIENT })
  await expect(remote.loadKeys()).rejects.toMatchObject({ code: 'not_https' })
})

async function startIssuer(): Promise<Issuer> {
  const keys = new Map<string, KeyObject>()
  const server = createServer((request, response) => {
    made.fetches++
    response.writeHead(request.url === '/pool/.well-known/jwks.json' ? made.answer : 404)
    const jwks = [...keys].map(([kid, key]) => ({
      ...publicHalf.get(key)!.export({ format: 'jwk' }),
      kid,
      alg: 'RS256',
      use: 'sig',
    }))
    response.end(JSON.stringify({ keys: jwks }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pool`
  const made: Issuer = { url, keys, fetches: 0, answer: 200, close: () => void server.close() }
  return made
}

const publicHalf = new WeakMap<KeyObject, KeyObject>()

function addKey(kid: string): KeyObject {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  publicHalf.set(pair.privateKey, pair.publicKey)
  issuer.keys.set(kid, pair.privateKey)
  return pair.publicKey
}

function stranger(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

function claims(changes: object = {}): object {
  const now = seconds()
  return {
    iss: issuer.url,
    sub: SUB,
    client_id: CLIENT,
    token_use: 'access',
    iat: now,
    exp: now + 900,
    ...changes,
  }
}

function token(changes: object = {}, { kid = 'k1', key }: { kid?: string; key?: KeyObject } = {}): string {
  const text = `${encode({ alg: 'RS256', kid })}.${encode(claims(changes))}`
  const signature = sign('RSA-SHA256', Buffer.from(text), key ?? issuer.keys.get(kid)!)
  return `${text}.${signature.toString('base64url')}`
}

function tamper(good: string): string {
  const [header, , signature] = good.split('.')
  return `${header}.${encode(claims({ sub: 'someone-else' }))}.${signature}`
}

/** The algorithm confusion attack: HS256 with the public key, which everybody has, as the secret. */
function confused(): string {
  const text = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(claims())}`
  const secret = publicKey.export({ format: 'pem', type: 'spki' })
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}

async function refusal(given: string): Promise<Problem> {
  const error = await tokens.verify(given).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(Problem)
  return error as Problem
}
