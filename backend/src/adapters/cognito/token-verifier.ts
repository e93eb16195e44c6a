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
import { invalidToken, type TokenVerifier } from '../../api/request-user.ts'
import { Problem } from '../../problem.ts'
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
  return {
    loadKeys: () => keys.getJwks(jwksUri),
    verify: async token => {
      try {
        const payload = await verifier.verify(token)
        validateCognitoJwtFields(payload, { tokenUse: 'access', clientId })
        if (typeof payload.sub !== 'string' || payload.sub === '')
          throw invalidToken('the token names no user')
        return { id: payload.sub }
      } catch (error) {
        throw asProblem(error)
      }
    },
  }
}

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
  if (error instanceof JwtBaseError) return invalidToken('the token was not issued for this service', error)
  return error
}
