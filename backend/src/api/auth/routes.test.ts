import { expect, test } from 'vitest'
import { Problem } from '../../problem.ts'
import { createTestApp, TOKEN, USER } from '../testing/test-app.ts'

const tokens = { accessToken: 'a', refreshToken: 'r', expiresIn: 900 }
const email = 'ada@clinic.example'
const password = 'Correct-Horse-7'

function post(
  app: Awaited<ReturnType<typeof createTestApp>>['app'],
  path: string,
  payload: object,
  headers = {},
) {
  return app.inject({ method: 'POST', url: `/api/v1/auth/${path}`, payload, headers })
}

test('sign-up, confirmation, sign-in and renewal have the shapes of the contract', async () => {
  const { app } = await createTestApp({
    accounts: {
      register: async () => ({ userId: USER }),
      confirm: async () => {},
      login: async () => ({ kind: 'tokens', tokens }),
      refresh: async () => tokens,
    },
  })
  const registered = await post(app, 'register', {
    email,
    password,
    display_name: 'Ada',
    terms_accepted: true,
  })
  expect(registered.statusCode).toBe(201)
  expect(registered.json()).toEqual({ user_id: USER, email, status: 'confirmation_required' })
  expect((await post(app, 'confirm', { email, code: '123456' })).json()).toEqual({ status: 'confirmed' })
  const body = { access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 }
  expect((await post(app, 'login', { email, password, remember_me: true })).json()).toEqual(body)
  expect((await post(app, 'refresh', { refresh_token: 'r' })).json()).toEqual(body)
})

test.each([
  ['register', { email: 'nobody', password }, ['email']],
  ['register', {}, ['email', 'password']],
  ['login', { email, password: '' }, ['password']],
  ['confirm', { email, code: 'abc' }, ['code']],
  ['refresh', { refresh_token: 7 }, ['refresh_token']],
  ['mfa/challenge', { challenge_name: 'X', session: 's', user_id: 'u' }, ['challenge_name', 'session']],
])('%s with %j names the fields %j', async (path, payload, fields) => {
  const { app } = await createTestApp()
  const answer = await post(app, path, payload)
  expect(answer.statusCode).toBe(422)
  expect(answer.json().errors.map((e: { field: string }) => e.field)).toEqual(fields)
  expect(answer.body).not.toContain(password)
})

test('a challenge says where it is answered', async () => {
  const challenge = (name: string) => ({
    kind: 'challenge' as const,
    challenge: { name, session: 's1', userId: USER },
  })
  const { app } = await createTestApp({
    accounts: {
      login: async () => challenge('MFA_SETUP'),
      answerChallenge: async ({ name }) =>
        name === 'MFA_SETUP' ? { kind: 'tokens', tokens } : challenge(name),
    },
  })
  expect((await post(app, 'login', { email, password })).json()).toEqual({
    challenge_name: 'MFA_SETUP',
    session: 's1',
    user_id: USER,
    next: '/api/v1/auth/mfa/associate',
  })
  const answer = { session: 's'.repeat(20), user_id: USER }
  const done = await post(app, 'mfa/challenge', { ...answer, challenge_name: 'MFA_SETUP' })
  expect(done.json().access_token).toBe('a')
  const again = await post(app, 'mfa/challenge', {
    ...answer,
    challenge_name: 'SOFTWARE_TOKEN_MFA',
    code: '123456',
  })
  expect(again.json().next).toBe('/api/v1/auth/mfa/challenge')
})

test('a second factor is enrolled by a signed-in person, or within a challenge, and by nobody else', async () => {
  const holders: object[] = []
  const { app } = await createTestApp({
    accounts: {
      associateMfa: async holder => {
        holders.push(holder)
        return { secret: 'JBSWY3DP' }
      },
      verifyMfa: async () => ({ session: 's2' }),
    },
  })
  const session = 's'.repeat(20)
  expect((await post(app, 'mfa/associate', {})).statusCode).toBe(401)
  const signedIn = await post(app, 'mfa/associate', {}, { authorization: `Bearer ${TOKEN}` })
  expect(signedIn.json()).toEqual({
    secret: 'JBSWY3DP',
    otpauth_uri: 'otpauth://totp/Clarity%20Loop?secret=JBSWY3DP&issuer=Clarity%20Loop',
  })
  await post(app, 'mfa/associate', { session })
  expect(holders).toEqual([{ accessToken: TOKEN }, { session }])
  expect((await post(app, 'mfa/verify', { session, code: '123456' })).json()).toEqual({
    status: 'verified',
    session: 's2',
  })
})

test('who is signed in, and signing out, need a good token', async () => {
  const { app } = await createTestApp({
    accounts: {
      profile: async () => ({ userId: USER, email, emailVerified: true, mfaEnabled: false }),
      logout: async () => {},
    },
  })
  const headers = { authorization: `Bearer ${TOKEN}` }
  expect((await app.inject({ url: '/api/v1/auth/me', headers })).json()).toEqual({
    user_id: USER,
    email,
    email_verified: true,
    display_name: null,
    mfa_enabled: false,
    auth_provider: 'cognito',
  })
  expect((await post(app, 'logout', {}, headers)).statusCode).toBe(200)
  expect((await app.inject('/api/v1/auth/me')).statusCode).toBe(401)
  expect((await post(app, 'logout', {}, { authorization: 'Bearer forged' })).json().type).toBe(
    'invalid_token',
  )
})

test('a refusal of the password store is passed on with its type', async () => {
  const { app } = await createTestApp({
    accounts: {
      login: () =>
        Promise.reject(
          new Problem(
            401,
            'invalid_credentials',
            'Sign-in failed',
            'the e-mail address or the password is wrong',
          ),
        ),
    },
  })
  const answer = await post(app, 'login', { email, password })
  expect(answer.statusCode).toBe(401)
  expect(answer.json()).toEqual({
    type: 'invalid_credentials',
    title: 'Sign-in failed',
    status: 401,
    detail: 'the e-mail address or the password is wrong',
    instance: '/api/v1/auth/login',
    message: 'the e-mail address or the password is wrong',
    errors: [],
  })
})
