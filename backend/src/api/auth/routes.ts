import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Log } from '../../logging.ts'
import type { Limiter } from '../rate-limit/hooks.ts'
import { bearerToken, type TokenVerifier } from '../request-user.ts'
import type { SessionGate } from '../sessions/gate.ts'
import { dependency } from '../upload-intake.ts'
import type { Accounts, MfaHolder, SignIn, Tokens } from './accounts.ts'
import * as s from './schemas.ts'

export interface AuthDeps {
  accounts: Accounts
}

/** Sign-up, sign-in, recovery and second factors, below `/api/v1/auth`. */
export function authRoutes(
  { accounts }: AuthDeps,
  tokens: TokenVerifier,
  more: { gate?: SessionGate; limiter?: Pick<Limiter, 'signIns'>; log: Log },
): FastifyPluginAsyncTypebox {
  const { gate } = more
  /** The caller's access token, checked here first, so that a bad one reads the same on every route. */
  const accessToken = async (request: FastifyRequest): Promise<string> => {
    const token = bearerToken(request)
    request.user = await tokens.verify(token)
    await gate?.pass(request.user, request)
    return token
  }
  const holder = async (request: FastifyRequest, session: string | undefined): Promise<MfaHolder> =>
    session ? { session } : { accessToken: await accessToken(request) }

  return async app => {
    more.limiter?.signIns(app)

    app.post(
      '/register',
      open('Sign up', { body: s.Register, response: { 201: s.Registered } }),
      async (request, reply) => {
        const { email, password, display_name } = request.body
        const { userId } = await accounts.register({ email, password, displayName: display_name })
        reply.code(201)
        return { user_id: userId, email, status: 'confirmation_required' as const }
      },
    )

    app.post(
      '/confirm',
      open('Confirm an e-mail address', { body: s.Confirm, response: { 200: s.Confirmed } }),
      async request => {
        await accounts.confirm(request.body.email, request.body.code)
        return { status: 'confirmed' as const }
      },
    )

    app.post(
      '/resend-code',
      open('Send the confirmation code again', { body: s.OnlyEmail, response: { 200: s.Sent } }),
      async request => {
        await accounts.resendCode(request.body.email)
        return {
          status: 'sent' as const,
          message: 'if this address awaits confirmation, a code is on its way',
        }
      },
    )

    app.post('/login', open('Sign in', { body: s.Login, response: { 200: s.SignedIn } }), async request =>
      signedIn(await accounts.login(request.body.email, request.body.password)),
    )

    app.post(
      '/refresh',
      open('Renew an access token', { body: s.Refresh, response: { 200: s.Tokens } }),
      async request => {
        const renewed = await accounts.refresh(request.body.refresh_token)
        // A session that was signed out here is not renewed, though its refresh token may still be good.
        if (gate) await gate.pass(await tokens.verify(renewed.accessToken), request)
        return tokenBody(renewed)
      },
    )

    app.post(
      '/logout',
      signed('End every session of this person', { response: { 200: s.Message } }),
      async request => {
        const token = await accessToken(request)
        if (gate) await dependency(more, 'table', () => gate.endAll(request.user))
        await accounts.logout(token)
        return {
          message: 'signed out everywhere; an access token already issued ends by itself within minutes',
        }
      },
    )

    app.get('/me', signed('Who is signed in', { response: { 200: s.Me } }), async request => {
      const profile = await accounts.profile(await accessToken(request))
      return {
        user_id: profile.userId,
        email: profile.email,
        email_verified: profile.emailVerified,
        display_name: profile.displayName ?? null,
        mfa_enabled: profile.mfaEnabled,
        auth_provider: 'cognito' as const,
      }
    })

    app.post(
      '/forgot-password',
      open('Ask for a password reset', { body: s.OnlyEmail, response: { 200: s.Sent } }),
      async request => {
        await accounts.forgotPassword(request.body.email)
        return { status: 'sent' as const, message: 'if this address has an account, a code is on its way' }
      },
    )

    app.post(
      '/reset-password',
      open('Set a new password', { body: s.ResetPassword, response: { 200: s.Reset } }),
      async request => {
        const { email, code, new_password } = request.body
        await accounts.resetPassword(email, code, new_password)
        return { status: 'reset' as const }
      },
    )

    app.post(
      '/mfa/associate',
      either('Enrol an authenticator app', { body: s.AssociateMfa, response: { 200: s.Associated } }),
      async request => {
        const { secret, session } = await accounts.associateMfa(await holder(request, request.body.session))
        const uri = `otpauth://totp/Clarity%20Loop?secret=${secret}&issuer=Clarity%20Loop`
        return { secret, otpauth_uri: uri, session }
      },
    )

    app.post(
      '/mfa/verify',
      either('Finish enrolment with its first code', { body: s.VerifyMfa, response: { 200: s.Verified } }),
      async request => {
        const { session, code, device_name } = request.body
        const verified = await accounts.verifyMfa(await holder(request, session), code, device_name)
        return { status: 'verified' as const, session: verified.session }
      },
    )

    app.post(
      '/mfa/challenge',
      open('Answer a sign-in challenge', { body: s.AnswerChallenge, response: { 200: s.SignedIn } }),
      async request => {
        const { challenge_name, session, user_id, code, new_password } = request.body
        const answer = { name: challenge_name, session, userId: user_id, code, newPassword: new_password }
        return signedIn(await accounts.answerChallenge(answer))
      },
    )
  }
}

function signedIn(result: SignIn) {
  if (result.kind === 'tokens') return tokenBody(result.tokens)
  const { name, session, userId } = result.challenge
  const next = name === 'MFA_SETUP' ? '/api/v1/auth/mfa/associate' : '/api/v1/auth/mfa/challenge'
  return { challenge_name: name, session, user_id: userId, next }
}

function tokenBody({ accessToken, refreshToken, expiresIn }: Tokens) {
  return {
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'Bearer' as const,
    expires_in: expiresIn,
  }
}

function open<S extends object>(summary: string, schema: S) {
  return { schema: { tags: ['auth'], summary, security: [], ...schema } }
}

function signed<S extends object>(summary: string, schema: S) {
  return { schema: { tags: ['auth'], summary, ...schema } }
}

/** With a token, or without one. */
const EITHER: Record<string, string[]>[] = [{ bearer: [] }, {}]

function either<S extends object>(summary: string, schema: S) {
  const description = 'For a signed-in person, or within an MFA_SETUP challenge by its session.'
  return { schema: { tags: ['auth'], summary, description, security: EITHER, ...schema } }
}
