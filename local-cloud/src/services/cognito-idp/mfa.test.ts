import {
  AdminInitiateAuthCommand,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserMFAPreferenceCommand,
  AssociateSoftwareTokenCommand,
  CodeMismatchException,
  EnableSoftwareTokenMFAException,
  ExpiredCodeException,
  GetUserCommand,
  InitiateAuthCommand,
  type InitiateAuthResponse,
  InvalidParameterException,
  NotAuthorizedException,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  SoftwareTokenMFANotFoundException,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { JwtVerifier } from 'aws-jwt-verify'
import type { Jwks } from 'aws-jwt-verify/jwk'
import { createSrpSession, signSrpSession, wrapAuthChallenge, wrapInitiateAuth } from 'cognito-srp-helper'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { PASSWORD, startCognito } from './testing.ts'

let it: Awaited<ReturnType<typeof startCognito>>
let made = 0
let name: string
beforeAll(async () => {
  it = await startCognito({})
})
afterAll(() => it.cloud.dispose())
beforeEach(async () => {
  await it.setMfa('OPTIONAL')
  name = `mfa-${made++}@example.com`
  await it.adminMade(name)
})

const answer = (Session: string | undefined, code: string, USERNAME = name) =>
  it.send(
    new RespondToAuthChallengeCommand({
      ClientId: it.clientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session,
      ChallengeResponses: { USERNAME, SOFTWARE_TOKEN_MFA_CODE: code },
    }),
  )

/** Enrols an app for the user; the code used up is the current one. */
async function enrol(): Promise<string> {
  const { AuthenticationResult } = await it.signIn(name)
  const AccessToken = AuthenticationResult?.AccessToken
  const { SecretCode } = await it.send(new AssociateSoftwareTokenCommand({ AccessToken }))
  await it.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: it.appCode(SecretCode) }))
  await it.send(
    new SetUserMFAPreferenceCommand({
      AccessToken,
      SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
    }),
  )
  return SecretCode as string
}

async function bySrp(password = PASSWORD): Promise<InitiateAuthResponse> {
  const session = createSrpSession(name, password, it.poolId, false)
  const begun = await it.send(
    new InitiateAuthCommand(
      wrapInitiateAuth(session, {
        ClientId: it.clientId,
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { USERNAME: name },
      }),
    ),
  )
  expect(begun.ChallengeName).toBe('PASSWORD_VERIFIER')
  return it.send(
    new RespondToAuthChallengeCommand(
      wrapAuthChallenge(signSrpSession(session, begun), {
        ClientId: it.clientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: { USERNAME: begun.ChallengeParameters?.USER_ID_FOR_SRP as string },
      }),
    ),
  )
}

test('signs in by SRP, an independent client agreeing, and not with a wrong password', async () => {
  expect((await bySrp()).AuthenticationResult?.AccessToken).toBeDefined()
  await expect(bySrp('Wrong-horse-7')).rejects.toThrow('Incorrect username or password.')
  name = 'nobody@example.com'
  await expect(bySrp()).rejects.toThrow('Incorrect username or password.')
})

test('an SRP exchange is good once, and a zero public value is refused', async () => {
  const begin = (SRP_A: string) =>
    it.send(
      new InitiateAuthCommand({
        ClientId: it.clientId,
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { USERNAME: name, SRP_A },
      }),
    )
  await expect(begin('0')).rejects.toBeInstanceOf(InvalidParameterException)
  const { ChallengeParameters } = await begin('5')
  const claim = () =>
    it.send(
      new RespondToAuthChallengeCommand({
        ClientId: it.clientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: {
          USERNAME: name,
          PASSWORD_CLAIM_SECRET_BLOCK: ChallengeParameters?.SECRET_BLOCK as string,
          PASSWORD_CLAIM_SIGNATURE: Buffer.alloc(32).toString('base64'),
          TIMESTAMP: 'Tue Nov 24 10:41:02 UTC 2026',
        },
      }),
    )
  await expect(claim()).rejects.toThrow('Incorrect username or password')
  await expect(claim()).rejects.toThrow('Invalid session')
})

test('every way in asks for the code once an app is enrolled', async () => {
  const secret = await enrol()
  const admin = await it.send(
    new AdminInitiateAuthCommand({
      UserPoolId: it.poolId,
      ClientId: it.clientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD },
    }),
  )
  for (const begun of [await it.signIn(name), await bySrp(), admin]) {
    expect(begun).toMatchObject({ ChallengeName: 'SOFTWARE_TOKEN_MFA' })
    expect(begun.AuthenticationResult).toBeUndefined()
  }
  it.cloud.clock.advance(30_000)
  const { AuthenticationResult } = await it.send(
    new AdminRespondToAuthChallengeCommand({
      UserPoolId: it.poolId,
      ClientId: it.clientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: admin.Session,
      ChallengeResponses: { USERNAME: name, SOFTWARE_TOKEN_MFA_CODE: it.appCode(secret) },
    }),
  )
  const user = await it.send(new GetUserCommand({ AccessToken: AuthenticationResult?.AccessToken }))
  expect(user).toMatchObject({
    UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
  })
})

test('from SRP by the code of an app to tokens, and to new ones, all as aws-jwt-verify wants them', async () => {
  const secret = await enrol()
  it.cloud.clock.advance(30_000)
  const { Session } = await bySrp()
  const answered = await it.send(
    new RespondToAuthChallengeCommand({
      ClientId: it.clientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session,
      ChallengeResponses: { USERNAME: name, SOFTWARE_TOKEN_MFA_CODE: it.appCode(secret) },
    }),
  )
  const REFRESH_TOKEN = answered.AuthenticationResult?.RefreshToken as string
  it.cloud.clock.advance(60_000)
  const renewed = await it.send(
    new InitiateAuthCommand({
      ClientId: it.clientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN },
    }),
  )
  const issuer = `${it.cloud.endpoint}/${it.poolId}`
  const jwksUri = `${issuer}/.well-known/jwks.json`
  const graceSeconds = Math.ceil((it.cloud.clock.now() - Date.now()) / 1000) + 1
  const verifier = JwtVerifier.create({ issuer, audience: null, jwksUri, graceSeconds })
  verifier.cacheJwks((await (await fetch(jwksUri)).json()) as Jwks)
  const read = (result: InitiateAuthResponse) =>
    verifier.verifySync(result.AuthenticationResult?.AccessToken as string)
  const [first, second] = [read(answered), read(renewed)]
  expect(second).toMatchObject({ sub: first.sub, origin_jti: first.origin_jti, auth_time: first.auth_time })
  expect(Number(second.iat) - Number(first.iat)).toBeGreaterThanOrEqual(60)
})

test('a code is right, recent, and good once; a session too', async () => {
  const secret = await enrol()
  const begun = await it.signIn(name)
  const used = it.appCode(secret)
  await expect(answer(begun.Session, used)).rejects.toBeInstanceOf(ExpiredCodeException)
  await expect(answer(begun.Session, it.appCode(secret, 3))).rejects.toBeInstanceOf(CodeMismatchException)
  await expect(answer('made-up', it.appCode(secret, 1))).rejects.toBeInstanceOf(NotAuthorizedException)
  await expect(answer(begun.Session, it.appCode(secret, 1), 'nobody@example.com')).rejects.toThrow(
    'Invalid session for the user',
  )
  expect((await answer(begun.Session, it.appCode(secret, 1))).AuthenticationResult).toBeDefined()
  await expect(answer(begun.Session, it.appCode(secret, 1))).rejects.toThrow('can only be used once')
  const late = await it.signIn(name)
  it.cloud.clock.advance(3 * 60_000)
  await expect(answer(late.Session, it.appCode(secret))).rejects.toThrow('session is expired')
})

test('guessing codes locks the user, and a right password in between does not help', async () => {
  const secret = await enrol()
  it.cloud.clock.advance(60_000)
  let begun = await it.signIn(name)
  const wrong = it.appCode(secret, 100)
  for (let i = 0; i < 3; i++)
    await expect(answer(begun.Session, wrong)).rejects.toBeInstanceOf(CodeMismatchException)
  await expect(answer(begun.Session, it.appCode(secret))).rejects.toThrow('Invalid session')
  begun = await it.signIn(name)
  for (let i = 0; i < 2; i++)
    await expect(answer(begun.Session, wrong)).rejects.toBeInstanceOf(CodeMismatchException)
  await expect(answer(begun.Session, it.appCode(secret))).rejects.toThrow('attempts exceeded')
  await expect(it.signIn(name)).rejects.toThrow('Password attempts exceeded')
})

test('where the pool demands it, a sign-in without an app leads to enrolment and nowhere else', async () => {
  await it.setMfa('ON')
  const begun = await it.signIn(name)
  expect(begun).toMatchObject({
    ChallengeName: 'MFA_SETUP',
    ChallengeParameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' },
  })
  expect(await bySrp()).toMatchObject({ ChallengeName: 'MFA_SETUP' })
  const finish = (Session: string | undefined) =>
    it.send(
      new RespondToAuthChallengeCommand({
        ClientId: it.clientId,
        ChallengeName: 'MFA_SETUP',
        Session,
        ChallengeResponses: { USERNAME: name },
      }),
    )
  await expect(finish(begun.Session)).rejects.toThrow('not verified')
  const { SecretCode, Session } = await it.send(new AssociateSoftwareTokenCommand({ Session: begun.Session }))
  await expect(it.send(new AssociateSoftwareTokenCommand({ Session: begun.Session }))).rejects.toBeInstanceOf(
    NotAuthorizedException,
  )
  const verify = (UserCode: string) => it.send(new VerifySoftwareTokenCommand({ Session, UserCode }))
  await expect(verify(it.appCode(SecretCode, 5))).rejects.toBeInstanceOf(EnableSoftwareTokenMFAException)
  await expect(finish(Session)).rejects.toThrow('not verified')
  const verified = await verify(it.appCode(SecretCode))
  expect(verified.Status).toBe('SUCCESS')
  expect((await finish(verified.Session)).AuthenticationResult?.AccessToken).toBeDefined()
  await expect(finish(verified.Session)).rejects.toBeInstanceOf(NotAuthorizedException)
  expect(await it.signIn(name)).toMatchObject({ ChallengeName: 'SOFTWARE_TOKEN_MFA' })
})

test('preferences need a proven app, and a pool without TOTP offers none', async () => {
  await expect(
    it.send(
      new AdminSetUserMFAPreferenceCommand({
        UserPoolId: it.poolId,
        Username: name,
        SoftwareTokenMfaSettings: { Enabled: true },
      }),
    ),
  ).rejects.toThrow('User has not verified software token mfa')
  await it.setMfa('OFF')
  const { AuthenticationResult } = await it.signIn(name)
  await expect(
    it.send(new AssociateSoftwareTokenCommand({ AccessToken: AuthenticationResult?.AccessToken })),
  ).rejects.toBeInstanceOf(SoftwareTokenMFANotFoundException)
})
