import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { notAuthorized } from './cognito-errors.ts'
import type { SrpExchange } from './srp.ts'

/** One step of a sign-in under way. In memory: a sign-in does not outlive the cloud. */
export interface AuthSession {
  challenge: 'PASSWORD_VERIFIER' | 'SOFTWARE_TOKEN_MFA' | 'MFA_SETUP' | 'NEW_PASSWORD_REQUIRED'
  poolId: string
  clientId: string
  username: string
  /** The user's, so that a session does not pass to a later namesake. */
  sub: string
  /** When the sign-in began, for `auth_time`. */
  startedAt: number
  /** Of `PASSWORD_VERIFIER`; `verifier` is made up for a user who does not exist. */
  srp?: { exchange: SrpExchange; verifier: { srpSalt: string; srpVerifier: string } }
  /** Of `MFA_SETUP`: the secret to be proven, and whether it was. */
  setup?: { secret?: string; proven: boolean }
  /** Wrong codes given in this session. */
  wrong: number
}

/** Sessions are random, expire, and are good for one step. */
export interface Sessions {
  /** @param minutes the client's `AuthSessionValidity` @returns the token */
  open(session: AuthSession, minutes: number): string
  /** Takes the session away: it cannot be used again. @throws AwsError `NotAuthorizedException` */
  take(token: string | undefined, of: Partial<AuthSession>): AuthSession
  /** Looks without taking, for a step that may be tried again. */
  peek(token: string | undefined, of: Partial<AuthSession>): AuthSession
  /** Ends a session after a step that may be tried again. */
  end(token: string): void
}

export function createSessions(clock: Clock): Sessions {
  const sessions = new Map<string, { session: AuthSession; expires: number }>()
  // a token's digest is the key, so that looking it up takes no time that depends on it
  const key = (token: string) => createHash('sha256').update(token).digest('base64')

  function open(session: AuthSession, minutes: number): string {
    for (const [old, { expires }] of sessions) if (expires <= clock.now()) sessions.delete(old)
    const token = randomBytes(96).toString('base64')
    sessions.set(key(token), { session, expires: clock.now() + minutes * 60_000 })
    return token
  }

  function peek(token: string | undefined, of: Partial<AuthSession>): AuthSession {
    const found = token ? sessions.get(key(token)) : undefined
    if (!found) throw notAuthorized('Invalid session for the user, session can only be used once.')
    if (found.expires <= clock.now()) throw notAuthorized('Invalid session for the user, session is expired.')
    const wrong = Object.entries(of).some(
      ([name, value]) => found.session[name as keyof AuthSession] !== value,
    )
    if (wrong) throw notAuthorized('Invalid session for the user.')
    return found.session
  }

  return {
    open,
    peek,
    take: (token, of) => {
      const session = peek(token, of)
      sessions.delete(key(token as string))
      return session
    },
    end: token => void sessions.delete(key(token)),
  }
}
