import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createCognitoAccounts } from '../../backend/src/adapters/cognito/accounts.ts'
import { createTokenVerifier } from '../../backend/src/adapters/cognito/token-verifier.ts'
import { createApp } from '../../backend/src/api/app.ts'
import { createLog } from '../../backend/src/logging.ts'
import { createCognito } from '../../local-cloud/src/services/cognito-idp/cognito.ts'
import { startTestCloud, type TestCloud } from '../../local-cloud/src/testing.ts'
import { createPool, type Pool, sentCode, totp } from './cognito-pool.ts'

const PASSWORD = 'a long enough Password 7'
let cloud: TestCloud
let pool: Pool
let app: FastifyInstance
let people = 0
const lines: string[] = []

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createCognito] })
  pool = await createPool(cloud)
  app = await appOn(pool)
})
afterEach(() => void vi.useRealTimers())
afterAll(() => cloud.dispose())

test('sign-up, confirmation, sign-in, renewal, who am I, sign-out', async () => {
  const email = newEmail()
  const registered = await post('register', { email, password: PASSWORD, display_name: 'Ada' })
  expect(registered.status).toBe(201)
  expect(registered.body).toMatchObject({ email, status: 'confirmation_required' })
  expect(registered.body.user_id).toMatch(/^[0-9a-f-]{36}$/)
  expect(await post('login', { email, password: PASSWORD })).toMatchObject({
    status: 403,
    body: { type: 'email_not_verified' },
  })
  expect(await post('confirm', { email, code: '000000' })).toMatchObject({
    status: 400,
    body: { type: 'code_mismatch' },
  })
  const code = await sentCode(cloud, email)
  expect(await post('confirm', { email, code })).toEqual({ status: 200, body: { status: 'confirmed' } })

  const { body: tokens } = await post('login', { email, password: PASSWORD })
  expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) })
  expect(await get('auth/me', tokens.access_token)).toMatchObject({
    status: 200,
    body: {
      user_id: registered.body.user_id,
      email,
      email_verified: true,
      display_name: 'Ada',
      mfa_enabled: false,
    },
  })
  expect(await get('whoami', tokens.access_token)).toMatchObject({
    status: 200,
    body: { id: registered.body.user_id },
  })

  const renewed = await post('refresh', { refresh_token: tokens.refresh_token })
  expect(renewed.body).toMatchObject({ refresh_token: tokens.refresh_token, token_type: 'Bearer' })
  expect((await get('whoami', renewed.body.access_token)).status).toBe(200)

  expect((await post('logout', {}, renewed.body.access_token)).status).toBe(200)
  expect(await post('refresh', { refresh_token: tokens.refresh_token })).toMatchObject({
    status: 401,
    body: { type: 'invalid_credentials' },
  })
})

test('what is wrong with a sign-up is said', async () => {
  const email = await newPerson()
  // An address that has an account reads like one that has none.
  const taken = await post('register', { email, password: PASSWORD })
  const free = await post('register', { email: newEmail(), password: PASSWORD })
  expect(taken.status).toBe(free.status)
  expect(Object.keys(taken.body)).toEqual(Object.keys(free.body))
  expect(taken.body.user_id).toMatch(/^[0-9a-f-]{36}$/)
  const weak = await post('register', { email: newEmail(), password: 'short' })
  expect(weak).toMatchObject({
    status: 400,
    body: { type: 'registration_error', errors: [{ field: 'password' }] },
  })
})

test('no answer but that of sign-up tells whether an address has an account', async () => {
  const [known, unconfirmed, unknown] = [await newPerson(), newEmail(), newEmail()]
  await post('register', { email: unconfirmed, password: PASSWORD })
  const asked: [string, object][] = [
    ['login', { password: 'wrong' }],
    ['confirm', { code: '123456' }],
    ['resend-code', {}],
    ['forgot-password', {}],
    ['reset-password', { code: '123456', new_password: PASSWORD }],
  ]
  for (const [path, more] of asked) {
    const answers = await Promise.all(
      [known, unconfirmed, unknown].map(email => post(path, { email, ...more })),
    )
    expect(answers[0], path).toEqual(answers[2])
    expect(answers[1], path).toEqual(answers[2])
  }
})

test('a forgotten password is set anew by the code that was sent', async () => {
  const email = await newPerson()
  expect((await post('forgot-password', { email })).status).toBe(200)
  const code = await sentCode(cloud, email)
  const weak = await post('reset-password', { email, code, new_password: 'short' })
  expect(weak).toMatchObject({ status: 400, body: { type: 'invalid_password' } })
  const fresh = 'another long Password 8'
  expect(await post('reset-password', { email, code, new_password: fresh })).toMatchObject({ status: 200 })
  expect((await post('login', { email, password: PASSWORD })).status).toBe(401)
  expect((await post('login', { email, password: fresh })).status).toBe(200)
})

test('a second factor, once enrolled, is asked for', async () => {
  const email = await newPerson()
  const { body: tokens } = await post('login', { email, password: PASSWORD })
  const { body: enrolment } = await post('mfa/associate', {}, tokens.access_token)
  expect(enrolment.otpauth_uri).toContain(enrolment.secret)
  expect(await post('mfa/verify', { code: '000000' }, tokens.access_token)).toMatchObject({
    status: 400,
    body: { type: 'code_mismatch' },
  })
  const first = totp(enrolment.secret, cloud.clock.now())
  expect(await post('mfa/verify', { code: first }, tokens.access_token)).toMatchObject({
    body: { status: 'verified' },
  })

  const { body: challenge } = await post('login', { email, password: PASSWORD })
  expect(challenge).toMatchObject({
    challenge_name: 'SOFTWARE_TOKEN_MFA',
    next: '/api/v1/auth/mfa/challenge',
  })
  expect(challenge).not.toHaveProperty('access_token')
  cloud.clock.advance(60_000)
  const { challenge_name, session, user_id } = challenge
  const code = totp(enrolment.secret, cloud.clock.now())
  const signedIn = await post('mfa/challenge', { challenge_name, session, user_id, code })
  expect(signedIn).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  expect((await get('auth/me', signedIn.body.access_token)).body.mfa_enabled).toBe(true)
})

test('where the pool demands a second factor, it is enrolled within the first sign-in', async () => {
  const strict = await createPool(cloud, 'ON')
  const theirs = await appOn(strict)
  const email = await newPerson(theirs)
  const { body: challenge } = await post('login', { email, password: PASSWORD }, '', theirs)
  expect(challenge).toMatchObject({ challenge_name: 'MFA_SETUP', next: '/api/v1/auth/mfa/associate' })
  const { body: enrolment } = await post('mfa/associate', { session: challenge.session }, '', theirs)
  const code = totp(enrolment.secret, cloud.clock.now())
  const { body: verified } = await post('mfa/verify', { session: enrolment.session, code }, '', theirs)
  const { challenge_name, user_id } = challenge
  const signedIn = await post(
    'mfa/challenge',
    { challenge_name, session: verified.session, user_id },
    '',
    theirs,
  )
  expect(signedIn).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
})

test("forged, expired, foreign and other tokens of Cognito's own are refused", async () => {
  const email = await newPerson()
  const { body: tokens } = await post('login', { email, password: PASSWORD })
  const [header, payload, signature] = tokens.access_token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody-else' })).toString('base64url')

  const other = await appOn(await createPool(cloud))
  const foreign = (await post('login', { email: await newPerson(other), password: PASSWORD }, '', other)).body
  for (const token of [
    `${header}.${forged}.${signature}`,
    foreign.access_token,
    tokens.refresh_token,
    'nonsense',
  ]) {
    expect(await get('whoami', token)).toMatchObject({ status: 401, body: { type: 'invalid_token' } })
  }
  vi.useFakeTimers({ toFake: ['Date'], now: (claims.exp + 1) * 1000 })
  expect(await get('whoami', tokens.access_token)).toMatchObject({
    status: 401,
    body: { detail: 'the token has expired' },
  })
})

test('after all of it, the log knows nobody', () => {
  expect(lines.length).toBeGreaterThan(40)
  expect(lines.join()).not.toMatch(/clinic\.example|Password|eyJ/)
})

async function appOn({ clientId, issuer }: Pool): Promise<FastifyInstance> {
  return createApp({
    release: 'test',
    log: createLog({
      level: 'debug',
      release: 'test',
      environment: 'test',
      service: 'api',
      destination: { write: line => void lines.push(line) },
    }),
    tokens: createTokenVerifier({ issuer, clientId }),
    auth: {
      accounts: createCognitoAccounts({ client: new CognitoIdentityProviderClient(cloud.client), clientId }),
    },
    insights: {} as never,
    checks: [],
    routes: [async api => void api.get('/whoami', async request => request.user)],
    strictResponses: true,
  })
}

function newEmail(): string {
  return `person-${++people}@clinic.example`
}

async function newPerson(on = app): Promise<string> {
  const email = newEmail()
  await post('register', { email, password: PASSWORD }, '', on)
  await post('confirm', { email, code: await sentCode(cloud, email) }, '', on)
  return email
}

async function post(path: string, payload: object, token = '', on = app) {
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  const answer = await on.inject({ method: 'POST', url: `/api/v1/auth/${path}`, payload, headers })
  return { status: answer.statusCode, body: answer.json() }
}

async function get(path: string, token: string) {
  const answer = await app.inject({ url: `/api/v1/${path}`, headers: { authorization: `Bearer ${token}` } })
  return { status: answer.statusCode, body: answer.json() }
}
