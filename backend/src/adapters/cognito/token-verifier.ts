import { JwtVerifier } from 'aws-jwt-verify'
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier'
import {
  FetchError,
  JwksNotAvailableInCacheError,
  JwksValidationError,
  JwtBaseError,
  JwtExpiredError,
} from 'aws-jwt-verify/error'
import { SimpleJwksCache, SimplePenaltyBox } from 'aws-jwt-verify/jwk'
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt'
import { invalidToken, type RequestUser, type TokenVerifier } from '../../api/request-user.ts'
import { Problem } from '../../problem.ts'
import { createGoodTokens } from './good-tokens.ts'
import { JwksUnavailable, jwksFetcher } from './jwks-fetcher.ts'

export interface CognitoTokens extends TokenVerifier {
  /** Fetches the pool's keys now; readiness asks for this, and start-up does without waiting. */
  loadKeys(): Promise<unknown>
}

/**
 * Verifies Cognito access tokens without asking Cognito: signature by the pool's published keys, issuer, expiry,
 * `token_use` and app client. Keys are kept, and fetched again for a key id not seen before, then not for 10 s when that
 * was in vain, so that forged tokens cannot make this hammer the issuer.
 */
export function createTokenVerifier(options: {
  /** Without a trailing slash. */
  issuer: string
  clientId: string
}): CognitoTokens {
  const { issuer, clientId } = options
  const jwksUri = `${issuer}/.well-known/jwks.json`
  const keys = new SimpleJwksCache({
    fetcher: jwksFetcher,
    penaltyBox: new SimplePenaltyBox({ waitSeconds: 10 }),
  })
  const verifier = JwtVerifier.create({ issuer, jwksUri, audience: null }, { jwksCache: keys })
  const good = createGoodTokens()
  return {
    loadKeys: () => keys.getJwks(jwksUri),
    known: good.find,
    verify: async token => {
      const known = good.find(token)
      if (known) return known
      try {
        // Before the signature, so that a token which could not be good anyhow never makes this fetch keys.
        const { payload } = decomposeUnverifiedJwt(token)
        if (payload.iss !== issuer) throw invalidToken(NOT_OURS)
        validateCognitoJwtFields(payload, { tokenUse: 'access', clientId })
        if (typeof payload.exp !== 'number') throw invalidToken('the token has no expiry')
        if (typeof payload.sub !== 'string' || payload.sub === '')
          throw invalidToken('the token names no user')
        await verifier.verify(token)
        const user = { id: payload.sub, ...sessionOf(payload) }
        good.keep(token, user, payload.exp * 1000)
        return user
      } catch (error) {
        throw asProblem(error)
      }
    },
  }
}

/** Cognito names the sign-in where tokens can be revoked, as a client's do by default. */
function sessionOf({ origin_jti: id, auth_time: at }: Record<string, unknown>): Pick<RequestUser, 'session'> {
  return typeof id === 'string' && typeof at === 'number' ? { session: { id, startedAt: at * 1000 } } : {}
}

const NOT_OURS = 'the token was not issued for this service'

function asProblem(error: unknown): unknown {
  if (error instanceof JwtExpiredError) return invalidToken('the token has expired', error)
  if (
    error instanceof JwksUnavailable ||
    error instanceof FetchError ||
    error instanceof JwksValidationError ||
    error instanceof JwksNotAvailableInCacheError
  ) {
    return new Problem(
      503,
      'identity_unavailable',
      'Sign-in is unavailable',
      'the keys to check the token with cannot be had; try again shortly',
      {
        headers: { 'retry-after': '5' },
        cause: error,
      },
    )
  }
  if (error instanceof JwtBaseError) return invalidToken(NOT_OURS, error)
  return error
}
