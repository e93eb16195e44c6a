import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { AuthenticationResultType } from '@aws-sdk/client-cognito-identity-provider'
import type { ServiceContext } from '../../core/service.ts'
import { cognitoError, invalidParameter, notAuthorized } from './cognito-errors.ts'
import { type Claims, isSignedBy, readJwt, signJwt } from './jwt.ts'
import type { Pools } from './pools.ts'
import type { ClientRecord, GroupRecord, PoolRecord, UserRecord } from './records.ts'
import { accessSeconds, idSeconds, refreshSeconds } from './token-lifetimes.ts'
import type { Users } from './users.ts'

/** All tokens that came of one sign-in. */
interface Family {
  poolId: string
  username: string
  sub: string
  clientId: string
  originJti: string
  authTime: number
  expires: number
  revoked?: boolean
  /** Keys of its refresh tokens, to be forgotten with it. */
  refreshKeys: string[]
}

interface RefreshRecord {
  family: string
  expires: number
  /** When rotation put another in its place. */
  rotatedAt?: number
}

/** A signed-in user, as an access token proves. */
export interface SignedIn {
  pool: PoolRecord
  client: ClientRecord
  user: UserRecord
  claims: Claims
}

/** Issues, renews, checks and revokes tokens. */
export interface Tokens {
  issue(pool: PoolRecord, client: ClientRecord, user: UserRecord, startedAt: number): AuthenticationResultType
  /** New access and id tokens for a refresh token, and a new refresh token where the client rotates them. */
  refresh(
    pool: PoolRecord,
    client: ClientRecord,
    token: string | undefined,
  ): { user: UserRecord; renew(): AuthenticationResultType }
  /** @throws AwsError `NotAuthorizedException` */
  authenticate(accessToken: string | undefined): SignedIn
  /** Revokes a refresh token and the access tokens that came of it. Unknown tokens are no error (RFC 7009). */
  revoke(client: ClientRecord, token: string): void
  signOut(pool: PoolRecord, user: UserRecord): void
}

export function createTokens(context: ServiceContext, pools: Pools, users: Users): Tokens {
  const { store, clock } = context
  const families = store.collection<Family>('cognito-idp', 'token-family')
  const refreshes = store.collection<RefreshRecord>('cognito-idp', 'refresh-token')
  const groups = store.collection<GroupRecord>('cognito-idp', 'group')
  const familyKey = (of: { poolId: string; sub: string; originJti: string }) =>
    `${of.poolId}/${of.sub}/${of.originJti}`
  const digest = (token: string) => createHash('sha256').update(token).digest('base64url')

  function issue(pool: PoolRecord, client: ClientRecord, user: UserRecord, startedAt: number) {
    const expires = clock.now() + refreshSeconds(client) * 1000
    const family: Family = {
      poolId: pool.id,
      username: user.username,
      sub: user.sub,
      clientId: client.id,
      originJti: randomUUID(),
      authTime: Math.floor(startedAt / 1000),
      expires,
      refreshKeys: [],
    }
    return store.transaction(() => {
      for (const old of families.list(`${pool.id}/${user.sub}/`)) forgetIfOver(old)
      return { ...sign(pool, client, user, family), RefreshToken: newRefresh(family, expires) }
    })
  }

  function newRefresh(family: Family, expires: number): string {
    const token = randomBytes(256).toString('base64url')
    refreshes.put(digest(token), { family: familyKey(family), expires })
    families.put(familyKey(family), { ...family, refreshKeys: [...family.refreshKeys, digest(token)] })
    return token
  }

  /** An access token may outlive the refresh token by a day at most. */
  function forgetIfOver(family: Family): void {
    if (family.expires + 86_400_000 >= clock.now()) return
    families.delete(familyKey(family))
    for (const key of family.refreshKeys) refreshes.delete(key)
  }

  function sign(
    pool: PoolRecord,
    client: ClientRecord,
    user: UserRecord,
    family: Family,
  ): AuthenticationResultType {
    const now = Math.floor(clock.now() / 1000)
    const revocable = client.settings.EnableTokenRevocation !== false
    const memberships = byPrecedence(pool, user)
    const common = {
      sub: user.sub,
      ...(memberships.length > 0 ? { 'cognito:groups': memberships.map(group => group.GroupName) } : {}),
      iss: `${context.endpoint()}/${pool.id}`,
      ...(revocable ? { origin_jti: family.originJti } : {}),
      event_id: randomUUID(),
      auth_time: family.authTime,
      iat: now,
    }
    const access = {
      ...common,
      client_id: client.id,
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      exp: now + accessSeconds(client),
      jti: randomUUID(),
      username: user.username,
    }
    const roles = memberships.flatMap(group => group.RoleArn ?? [])
    const id = {
      ...readableAttributes(client, user),
      ...common,
      'cognito:username': user.username,
      ...(roles.length > 0 ? { 'cognito:roles': roles, 'cognito:preferred_role': roles[0] } : {}),
      aud: client.id,
      token_use: 'id',
      exp: now + idSeconds(client),
      jti: randomUUID(),
    }
    return {
      AccessToken: signJwt(pool, access),
      IdToken: signJwt(pool, id),
      ExpiresIn: accessSeconds(client),
      TokenType: 'Bearer',
    }
  }

  function byPrecedence(pool: PoolRecord, user: UserRecord): GroupRecord[] {
    return user.groups
      .flatMap(name => groups.get(`${pool.id}/${name}`) ?? [])
      .sort((a, b) => (a.Precedence ?? Number.MAX_SAFE_INTEGER) - (b.Precedence ?? Number.MAX_SAFE_INTEGER))
  }

  function refresh(pool: PoolRecord, client: ClientRecord, token: string | undefined) {
    const record = token ? refreshes.get(digest(token)) : undefined
    const family = record && families.get(record.family)
    if (!token || !record || !family || family.clientId !== client.id)
      throw notAuthorized('Invalid Refresh Token.')
    if (family.revoked) throw notAuthorized('Refresh Token has been revoked')
    if (record.expires <= clock.now()) throw notAuthorized('Refresh Token has expired')
    const rotation = client.settings.RefreshTokenRotation
    const rotates = rotation?.Feature === 'ENABLED'
    const grace = (rotation?.RetryGracePeriodSeconds ?? 0) * 1000
    if (record.rotatedAt !== undefined && record.rotatedAt + grace <= clock.now())
      throw cognitoError('RefreshTokenReuseException', 'Refresh token has already been used and rotated.')
    const user = activeUser(pool, family)
    const renew = () =>
      store.transaction(() => {
        const renewed = sign(pool, client, user, family)
        if (!rotates) return renewed
        refreshes.put(digest(token), { ...record, rotatedAt: record.rotatedAt ?? clock.now() })
        return { ...renewed, RefreshToken: newRefresh(family, record.expires) }
      })
    return { user, renew }
  }

  function activeUser(pool: PoolRecord, of: { username: string; sub: string }): UserRecord {
    const user = users.find(pool, of.username)
    if (!user || user.sub !== of.sub) throw cognitoError('UserNotFoundException', 'User does not exist.')
    if (!user.enabled) throw notAuthorized('User is disabled.')
    return user
  }

  function authenticate(accessToken: string | undefined): SignedIn {
    if (!accessToken) throw invalidParameter('Missing required parameter AccessToken')
    const invalid = () => notAuthorized('Invalid Access Token')
    const claims = readJwt(accessToken) ?? {}
    const poolId =
      String(claims.iss ?? '')
        .split('/')
        .pop() ?? ''
    const pool = pools.find(poolId)
    if (!pool || !isSignedBy(pool, accessToken) || claims.token_use !== 'access') throw invalid()
    if (Number(claims.exp) * 1000 <= clock.now()) throw notAuthorized('Access Token has expired')
    if (!String(claims.scope).split(' ').includes('aws.cognito.signin.user.admin'))
      throw notAuthorized('Access Token does not have required scopes')
    const user = activeUser(pool, { username: String(claims.username), sub: String(claims.sub) })
    if (isRevoked(user, claims)) throw notAuthorized('Access Token has been revoked')
    return { pool, client: pools.client(String(claims.client_id), pool.id), user, claims }
  }

  function isRevoked(user: UserRecord, { origin_jti, iat }: Claims): boolean {
    if (origin_jti === undefined) return Number(iat) * 1000 <= (user.signedOutAt ?? 0)
    const family = families.get(familyKey({ ...user, originJti: String(origin_jti) }))
    return !family || family.revoked === true
  }

  function revoke(client: ClientRecord, token: string): void {
    if (client.settings.EnableTokenRevocation === false)
      throw cognitoError('UnsupportedOperationException', 'Token revocation is not enabled for this client.')
    if (readJwt(token))
      throw cognitoError('UnsupportedTokenTypeException', 'Only refresh tokens can be revoked.')
    const record = refreshes.get(digest(token))
    const family = record && families.get(record.family)
    if (!record || !family) return
    if (family.clientId !== client.id)
      throw cognitoError('UnauthorizedException', 'The token was not issued to this client.')
    families.put(record.family, { ...family, revoked: true })
  }

  function signOut(pool: PoolRecord, user: UserRecord): void {
    store.transaction(() => {
      for (const family of families.list(`${pool.id}/${user.sub}/`))
        families.put(familyKey(family), { ...family, revoked: true })
      users.update(pool, user, changed => {
        changed.signedOutAt = clock.now()
      })
    })
  }

  return { issue, refresh, authenticate, revoke, signOut }
}

/** The attributes that the client may read, as claims: verified flags are booleans. */
function readableAttributes(client: ClientRecord, user: UserRecord): Claims {
  const readable = client.settings.ReadAttributes
  const shown = Object.entries(user.attributes).filter(([name]) => !readable || readable.includes(name))
  return Object.fromEntries(
    shown.map(([name, value]) => [name, name.endsWith('_verified') ? value === 'true' : value]),
  )
}
