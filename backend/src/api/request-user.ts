import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../problem.ts'
import type { SessionGate } from './sessions/gate.ts'

/** Who sent a request: the subject of a verified access token. */
export interface RequestUser {
  /** Cognito's `sub`, a UUID. */
  id: string
  /** The sign-in that the token comes from; absent where the token does not say. */
  session?: {
    /** Cognito's `origin_jti`. */
    id: string
    /** When that was, in milliseconds, to the second. */
    startedAt: number
  }
}

/** Says whether a token is good; the Cognito adapter implements it. */
export interface TokenVerifier {
  /**
   * @throws Problem 401 `invalid_token` for a token that is forged, expired, of another pool, client or use;
   * 503 `identity_unavailable` when the keys to check it with cannot be had
   */
  verify(token: string): Promise<RequestUser>
  /** The user of a token that was found good a moment ago, without waiting. */
  known?(token: string): RequestUser | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Whose data the request is about: set on every route below `/api/v1` outside `/api/v1/auth`. Who asks is in
     * `access`, and is the same person unless that one has granted it.
     */
    user: RequestUser
  }
}

/** Makes every route of this scope ask for `Authorization: Bearer <access token>`, before its body is read. */
export function requireUser(
  scope: FastifyInstance,
  tokens: TokenVerifier,
  gate?: Pick<SessionGate, 'pass' | 'isOpen'>,
): void {
  async function ask(request: FastifyRequest, token: string): Promise<void> {
    request.user = await tokens.verify(token)
    await gate?.pass(request.user, request)
  }

  scope.addHook('onRequest', (request, _reply, done) => {
    const token = bearerToken(request)
    const known = tokens.known?.(token)
    if (known === undefined || (gate && !gate.isOpen(known)))
      return void ask(request, token).then(() => done(), done)
    request.user = known
    done()
  })
}

/** The bearer token of a request. @throws Problem 401 `unauthorized` when there is none */
export function bearerToken(request: FastifyRequest): string {
  const header = request.headers.authorization
  const token = /^Bearer +([\w~+/.-]+=*)$/i.exec(header ?? '')?.[1]
  if (token) return token
  throw new Problem(
    401,
    'unauthorized',
    'Sign-in needed',
    header
      ? 'the authorization header must read: Bearer <access token>'
      : 'send an authorization header: Bearer <access token>',
    { headers: { 'www-authenticate': 'Bearer' } },
  )
}

/** The answer to a token that does not hold, in the terms of RFC 6750 section 3. */
export function invalidToken(detail: string, cause?: unknown): Problem {
  return new Problem(401, 'invalid_token', 'The access token is not valid', detail, {
    headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${detail}"` },
    cause,
  })
}
