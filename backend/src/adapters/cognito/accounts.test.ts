import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { afterEach, expect, test } from 'vitest'
import type { Accounts } from '../../api/auth/accounts.ts'
import { Problem } from '../../problem.ts'
import { createCognitoAccounts } from './accounts.ts'

let stop: (() => void) | undefined
afterEach(() => stop?.())

/** The real adapter and SDK against a wire that answers with one exception, or one body. */
async function accountsAgainst(status: number, body: object): Promise<Accounts> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stop = () => {
    server.close()
    server.closeAllConnections()
  }
  const client = new CognitoIdentityProviderClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    maxAttempts: 1,
  })
  return createCognitoAccounts({ client, clientId: 'client1' })
}

type Call = (accounts: Accounts) => Promise<unknown>
const register: Call = a => a.register({ email: 'a@b.example', password: 'Secret-Pass-1' })
const confirm: Call = a => a.confirm('a@b.example', '123456')
const resend: Call = a => a.resendCode('a@b.example')
const login: Call = a => a.login('a@b.example', 'Secret-Pass-1')
const refresh: Call = a => a.refresh('refresh-token')
const logout: Call = a => a.logout('access-token')
const profile: Call = a => a.profile('access-token')
const forgot: Call = a => a.forgotPassword('a@b.example')
const reset: Call = a => a.resetPassword('a@b.example', '123456', 'Secret-Pass-1')
const challenge: Call = a =>
  a.answerChallenge({ name: 'SOFTWARE_TOKEN_MFA', session: 's'.repeat(30), userId: 'u', code: '123456' })
const verify: Call = a => a.verifyMfa({ accessToken: 'access-token' }, '123456')

test.each<[string, string, string, Call, number, string]>([
  [
    'register',
    'InvalidPasswordException',
    'Password did not conform with policy: Password not long enough',
    register,
    400,
    'registration_error',
  ],
  ['register', 'InvalidParameterException', 'a@b.example is bad', register, 400, 'registration_error'],
  [
    'register',
    'NotAuthorizedException',
    'SignUp is not permitted for this user pool',
    register,
    403,
    'registration_error',
  ],
  ['confirm', 'CodeMismatchException', 'Invalid code', confirm, 400, 'code_mismatch'],
  ['confirm', 'ExpiredCodeException', 'Expired', confirm, 400, 'code_mismatch'],
  [
    'confirm',
    'NotAuthorizedException',
    'User cannot be confirmed. Current status is CONFIRMED',
    confirm,
    400,
    'code_mismatch',
  ],
  [
    'confirm',
    'UserNotFoundException',
    'Username/client id combination not found.',
    confirm,
    400,
    'code_mismatch',
  ],
  ['confirm', 'TooManyFailedAttemptsException', 'Too many', confirm, 429, 'rate_limited'],
  ['login', 'NotAuthorizedException', 'Incorrect username or password.', login, 401, 'invalid_credentials'],
  ['login', 'UserNotFoundException', 'User does not exist.', login, 401, 'invalid_credentials'],
  ['login', 'UserNotConfirmedException', 'User is not confirmed.', login, 403, 'email_not_verified'],
  ['login', 'PasswordResetRequiredException', 'Reset', login, 403, 'password_reset_required'],
  ['login', 'NotAuthorizedException', 'Password attempts exceeded', login, 429, 'rate_limited'],
  ['login', 'TooManyRequestsException', 'Rate exceeded', login, 429, 'rate_limited'],
  ['login', 'InternalErrorException', 'Something', login, 503, 'identity_unavailable'],
  ['refresh', 'NotAuthorizedException', 'Refresh Token has expired', refresh, 401, 'invalid_credentials'],
  ['logout', 'NotAuthorizedException', 'Access Token has been revoked', logout, 401, 'invalid_token'],
  ['me', 'NotAuthorizedException', 'Access Token has been revoked', profile, 401, 'invalid_token'],
  ['reset', 'CodeMismatchException', 'Invalid code', reset, 400, 'code_mismatch'],
  ['reset', 'UserNotFoundException', 'No', reset, 400, 'code_mismatch'],
  [
    'reset',
    'InvalidPasswordException',
    'Password did not conform with policy: Password must have numeric characters',
    reset,
    400,
    'invalid_password',
  ],
  ['forgot', 'LimitExceededException', 'Attempt limit exceeded', forgot, 429, 'rate_limited'],
  ['challenge', 'CodeMismatchException', 'Invalid code', challenge, 400, 'code_mismatch'],
  [
    'challenge',
    'NotAuthorizedException',
    'Invalid session for the user, session is expired.',
    challenge,
    401,
    'invalid_credentials',
  ],
  ['verify', 'EnableSoftwareTokenMFAException', 'Code mismatch', verify, 400, 'code_mismatch'],
])('%s: %s (%s) becomes a problem', async (_what, name, message, call, status, type) => {
  const accounts = await accountsAgainst(400, { __type: name, message })
  const error = await call(accounts).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(Problem)
  const problem = error as Problem
  expect(problem).toMatchObject({ status, type })
  expect(JSON.stringify([problem.message, problem.errors])).not.toMatch(/Secret|example|123456/)
  if (status === 429) expect(problem.headers['retry-after']).toBe('60')
})

test('what is wrong with a password is said', async () => {
  const accounts = await accountsAgainst(400, {
    __type: 'InvalidPasswordException',
    message: 'Password did not conform with policy: Password must have symbol characters',
  })
  await expect(register(accounts)).rejects.toMatchObject({
    errors: [{ field: 'password', message: 'password must have symbol characters' }],
  })
})

test.each([
  ['resend', 'UserNotFoundException', resend],
  ['resend', 'InvalidParameterException', resend],
  ['forgot', 'UserNotFoundException', forgot],
  ['forgot', 'InvalidParameterException', forgot],
])('%s is silent about %s', async (_what, name, call) => {
  await expect(call(await accountsAgainst(400, { __type: name, message: 'x' }))).resolves.toBeUndefined()
})

test('an unknown and a known address give the same answer to a wrong password', async () => {
  const answers = await Promise.all(
    ['NotAuthorizedException', 'UserNotFoundException'].map(async name => {
      const accounts = await accountsAgainst(400, { __type: name, message: 'x' })
      const { status, type, message } = (await login(accounts).catch((error: Problem) => error)) as Problem
      return { status, type, message }
    }),
  )
  expect(answers[0]).toEqual(answers[1])
})

test('a service that is not there is 503', async () => {
  const accounts = await accountsAgainst(200, {})
  stop?.()
  await expect(login(accounts)).rejects.toMatchObject({ status: 503, type: 'identity_unavailable' })
})

test('a sign-in that needs a second factor is a challenge with the name that its answer must bear', async () => {
  const accounts = await accountsAgainst(200, {
    ChallengeName: 'SOFTWARE_TOKEN_MFA',
    Session: 'session-1',
    ChallengeParameters: { USER_ID_FOR_SRP: 'sub-1' },
  })
  expect(await login(accounts)).toEqual({
    kind: 'challenge',
    challenge: { name: 'SOFTWARE_TOKEN_MFA', session: 'session-1', userId: 'sub-1' },
  })
})

test('a refresh without a new refresh token keeps the old one', async () => {
  const accounts = await accountsAgainst(200, {
    AuthenticationResult: { AccessToken: 'new', ExpiresIn: 900 },
  })
  expect(await refresh(accounts)).toEqual({
    accessToken: 'new',
    refreshToken: 'refresh-token',
    expiresIn: 900,
  })
})
