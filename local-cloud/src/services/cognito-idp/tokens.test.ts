import { createHmac } from 'node:crypto'
import {
  AdminAddUserToGroupCommand,
  AdminUserGlobalSignOutCommand,
  ChangePasswordCommand,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  NotAuthorizedException,
  RefreshTokenReuseException,
  RevokeTokenCommand,
  UnsupportedTokenTypeException,
} from '@aws-sdk/client-cognito-identity-provider'
import { JwtVerifier } from 'aws-jwt-verify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud } from '../../testing.ts'
import { createCognito } from './cognito.ts'
import { PASSWORD, startCognito, usePool } from './testing.ts'

let it: Awaited<ReturnType<typeof startCognito>>
beforeAll(async () => {
  it = await startCognito({
    client: { AccessTokenValidity: 15, TokenValidityUnits: { AccessToken: 'minutes' } },
  })
})
afterAll(() => it.cloud.dispose())

const refresh = (REFRESH_TOKEN: string | undefined, ClientId = it.clientId) =>
  it.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: REFRESH_TOKEN as string },
    }),
  )
const getUser = (AccessToken: string | undefined) => it.send(new GetUserCommand({ AccessToken }))
async function signedIn(name: string) {
  await it.adminMade(name)
  return (await it.signIn(name)).AuthenticationResult as Record<string, string>
}

/** Amazon's own verifier, with the key set that the pool shows. */
async function verifier() {
  const issuer = `${it.cloud.endpoint}/${it.poolId}`
  const discovery = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as {
    issuer: string
    jwks_uri: string
  }
  expect(discovery.issuer).toBe(issuer)
  const made = JwtVerifier.create({ issuer, audience: null, jwksUri: discovery.jwks_uri })
  made.cacheJwks((await (await fetch(discovery.jwks_uri)).json()) as never)
  return made
}

test('the tokens are what AWS makes, by the judgement of aws-jwt-verify', async () => {
  await it.send(new CreateGroupCommand({ UserPoolId: it.poolId, GroupName: 'clinicians', Precedence: 1 }))
  await it.adminMade('tokens@example.com')
  await it.send(
    new AdminAddUserToGroupCommand({
      UserPoolId: it.poolId,
      Username: 'tokens@example.com',
      GroupName: 'clinicians',
    }),
  )
  const { AuthenticationResult } = await it.signIn('tokens@example.com')
  const { AccessToken = '', IdToken = '', ExpiresIn } = AuthenticationResult ?? {}
  expect(ExpiresIn).toBe(900)
  const jwt = await verifier()
  const access = await jwt.verify(AccessToken)
  expect(access).toMatchObject({
    token_use: 'access',
    client_id: it.clientId,
    scope: 'aws.cognito.signin.user.admin',
    'cognito:groups': ['clinicians'],
    username: access.sub,
    iss: `${it.cloud.endpoint}/${it.poolId}`,
  })
  expect(Object.keys(access).sort()).toEqual(
    'auth_time client_id cognito:groups event_id exp iat iss jti origin_jti scope sub token_use username'.split(
      ' ',
    ),
  )
  expect((access.exp as number) - (access.iat as number)).toBe(900)
  expect(await jwt.verify(IdToken)).toMatchObject({
    token_use: 'id',
    aud: it.clientId,
    email: 'tokens@example.com',
    'cognito:username': access.sub,
    origin_jti: access.origin_jti,
  })
  const forged = AccessToken.replace(
    /\.[^.]+\./,
    `.${Buffer.from('{"token_use":"access"}').toString('base64url')}.`,
  )
  await expect(jwt.verify(forged)).rejects.toThrow()
  await expect(getUser(forged)).rejects.toBeInstanceOf(NotAuthorizedException)
  await expect(getUser(IdToken)).rejects.toThrow('Invalid Access Token')
  expect((await getUser(AccessToken)).Username).toBe(access.sub)
})

test('another pool has another key', async () => {
  const other = await startCognito({})
  try {
    const [ours, theirs] = await Promise.all(
      [it, other].map(async ({ cloud, poolId }) =>
        (await fetch(`${cloud.endpoint}/${poolId}/.well-known/jwks.json`)).json(),
      ),
    )
    expect(ours).not.toEqual(theirs)
    expect(ours).toMatchObject({ keys: [{ kty: 'RSA', alg: 'RS256', use: 'sig', e: 'AQAB' }] })
    expect((await fetch(`${it.cloud.endpoint}/us-east-1_nobody/.well-known/jwks.json`)).status).toBe(404)
  } finally {
    await other.cloud.dispose()
  }
})

test('an access token ends in its time, and a refresh token renews it, and ends in its own', async () => {
  const { AccessToken, RefreshToken } = await signedIn('renew@example.com')
  it.cloud.clock.advance(900_000)
  await expect(getUser(AccessToken)).rejects.toThrow('Access Token has expired')
  const { AuthenticationResult } = await refresh(RefreshToken)
  expect(AuthenticationResult).not.toHaveProperty('RefreshToken')
  expect(await getUser(AuthenticationResult?.AccessToken)).toHaveProperty('Username')
  await expect(refresh('made-up')).rejects.toThrow('Invalid Refresh Token')
  it.cloud.clock.advance(30 * 86_400_000)
  await expect(refresh(RefreshToken)).rejects.toThrow('Refresh Token has expired')
})

test('revocation and sign-out reach every token of the sign-in', async () => {
  const one = await signedIn('revoke@example.com')
  const two = (await it.signIn('revoke@example.com')).AuthenticationResult
  const revoke = (Token: string | undefined) =>
    it.send(new RevokeTokenCommand({ ClientId: it.clientId, Token }))
  await expect(revoke(one.AccessToken)).rejects.toBeInstanceOf(UnsupportedTokenTypeException)
  await revoke(one.RefreshToken)
  await expect(getUser(one.AccessToken)).rejects.toThrow('Access Token has been revoked')
  await expect(refresh(one.RefreshToken)).rejects.toThrow('Refresh Token has been revoked')
  expect(await getUser(two?.AccessToken)).toHaveProperty('Username')
  await it.send(new GlobalSignOutCommand({ AccessToken: two?.AccessToken }))
  await expect(getUser(two?.AccessToken)).rejects.toThrow('revoked')
  const three = (await it.signIn('revoke@example.com')).AuthenticationResult
  expect(await getUser(three?.AccessToken)).toHaveProperty('Username')
  await it.send(new AdminUserGlobalSignOutCommand({ UserPoolId: it.poolId, Username: 'revoke@example.com' }))
  await expect(refresh(three?.RefreshToken)).rejects.toThrow('revoked')
})

test('a client with rotation gives a new refresh token, and refuses the old one', async () => {
  const { UserPoolClient } = await it.send(
    new CreateUserPoolClientCommand({
      UserPoolId: it.poolId,
      ClientName: 'rotating',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
    }),
  )
  const rotating = usePool(it.cloud, it.poolId, UserPoolClient?.ClientId as string)
  await it.adminMade('rotate@example.com')
  const first = (await rotating.signIn('rotate@example.com')).AuthenticationResult?.RefreshToken
  const rotate = (RefreshToken: string | undefined) =>
    it.send(new GetTokensFromRefreshTokenCommand({ ClientId: rotating.clientId, RefreshToken }))
  const second = (await rotate(first)).AuthenticationResult?.RefreshToken
  expect(second).not.toBe(first)
  it.cloud.clock.advance(10_000)
  await expect(rotate(first)).rejects.toBeInstanceOf(RefreshTokenReuseException)
  expect((await rotate(second)).AuthenticationResult?.AccessToken).toBeDefined()
  await expect(refresh(second, it.clientId)).rejects.toThrow('Invalid Refresh Token')
})

test('a client with a secret wants the hash in every step', async () => {
  const { UserPoolClient } = await it.send(
    new CreateUserPoolClientCommand({
      UserPoolId: it.poolId,
      ClientName: 'secret',
      GenerateSecret: true,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  const { ClientId = '', ClientSecret = '' } = UserPoolClient ?? {}
  const secret = usePool(it.cloud, it.poolId, ClientId)
  const hash = (name: string) =>
    createHmac('sha256', ClientSecret)
      .update(name + ClientId)
      .digest('base64')
  await it.adminMade('secret@example.com')
  await expect(secret.signIn('secret@example.com')).rejects.toThrow('SECRET_HASH was not received')
  await expect(secret.signIn('secret@example.com', PASSWORD, { SECRET_HASH: hash('other') })).rejects.toThrow(
    'Unable to verify secret hash',
  )
  const { AuthenticationResult } = await secret.signIn('secret@example.com', PASSWORD, {
    SECRET_HASH: hash('secret@example.com'),
  })
  await expect(refresh(AuthenticationResult?.RefreshToken, ClientId)).rejects.toThrow('SECRET_HASH')
  await expect(
    it.signIn('secret@example.com', PASSWORD, { SECRET_HASH: hash('secret@example.com') }),
  ).rejects.toThrow('Unable to verify secret hash')
})

test('flows that the client does not allow are refused', async () => {
  const { UserPoolClient } = await it.send(
    new CreateUserPoolClientCommand({ UserPoolId: it.poolId, ClientName: 'default' }),
  )
  const plain = usePool(it.cloud, it.poolId, UserPoolClient?.ClientId as string)
  await expect(plain.signIn('anyone@example.com')).rejects.toThrow(
    'USER_PASSWORD_AUTH flow not enabled for this client',
  )
})

test('changes a password only with the one before', async () => {
  const { AccessToken } = await signedIn('change@example.com')
  const change = (PreviousPassword: string) =>
    it.send(new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword: 'Another-horse-8' }))
  await expect(change('wrong')).rejects.toThrow('Incorrect username or password')
  await change(PASSWORD)
  expect((await it.signIn('change@example.com', 'Another-horse-8')).AuthenticationResult).toBeDefined()
})

test('a restart keeps users, keys, tokens and lockouts', async () => {
  const { RefreshToken, AccessToken } = await signedIn('stays@example.com')
  const jwks = `/${it.poolId}/.well-known/jwks.json`
  const before = await (await fetch(it.cloud.endpoint + jwks)).json()
  const { state, clock } = it.cloud
  await it.cloud.stop()
  const cloud = await startTestCloud({ state, services: [createCognito] })
  cloud.clock.advance(clock.now() - cloud.clock.now())
  it = usePool(cloud, it.poolId, it.clientId)
  expect(await (await fetch(cloud.endpoint + jwks)).json()).toEqual(before)
  expect(await getUser(AccessToken)).toHaveProperty('Username')
  expect((await refresh(RefreshToken)).AuthenticationResult?.AccessToken).toBeDefined()
  expect((await it.signIn('stays@example.com')).AuthenticationResult).toBeDefined()
})
