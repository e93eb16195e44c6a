import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { SessionStore } from '../../adapters/dynamodb/session-store.ts'
import type { Log } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import type { Accounts } from '../auth/accounts.ts'
import { bearerToken } from '../request-user.ts'
import { dependency } from '../upload-intake.ts'
import type { SessionGate } from './gate.ts'

export interface SessionDeps {
  sessions: Pick<SessionStore, 'list'>
  gate: SessionGate
  accounts: Pick<Accounts, 'logout'>
  log: Log
}

/** `GET` and `DELETE /sessions`, `DELETE /sessions/:id`: where a person is signed in, and signing out there. */
export function sessionRoutes(deps: SessionDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/sessions',
      {
        schema: {
          tags: ['auth'],
          summary: 'Where you are signed in',
          description:
            'Sessions that have used this service within the last 31 days and have not been ended.',
          response: { 200: Sessions },
        },
      },
      async request => {
        const found = await dependency(deps, 'table', () => deps.sessions.list(request.user.id))
        const open = found.filter(({ endedAt }) => endedAt === undefined)
        return {
          sessions: open
            .sort((a, b) => (a.lastUsedAt < b.lastUsedAt ? 1 : -1))
            .map(({ id, startedAt, lastUsedAt, userAgent = 'unknown' }) => ({
              session_id: id,
              started_at: startedAt,
              last_used_at: lastUsedAt,
              user_agent: userAgent,
              current: id === request.user.session?.id,
            })),
        }
      },
    )

    app.delete(
      '/sessions',
      {
        schema: {
          tags: ['auth'],
          summary: 'Sign out everywhere',
          description: 'Here too. Refresh tokens end at once, access tokens within 15 seconds.',
          response: { 204: ENDED },
        },
      },
      async (request, reply) => {
        await dependency(deps, 'table', () => deps.gate.endAll(request.user))
        await deps.accounts.logout(bearerToken(request))
        return reply.code(204).send(null)
      },
    )

    app.delete(
      '/sessions/:id',
      {
        schema: {
          tags: ['auth'],
          summary: 'Sign one session out',
          description:
            'Its access tokens end within 15 seconds, and its refresh token is not renewed any more.',
          params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }),
          response: { 204: ENDED },
        },
        config: { problems: { 404: 'not_found: you have no session of this id.' } },
      },
      async (request, reply) => {
        const ended = await dependency(deps, 'table', () => deps.gate.end(request.user, request.params.id))
        if (!ended) throw new Problem(404, 'not_found', 'Not found', 'you have no session of this id')
        return reply.code(204).send(null)
      },
    )
  }
}

const ENDED = Type.Null({ description: 'Ended.' })

const Sessions = Type.Object({
  sessions: Type.Array(
    Type.Object({
      session_id: Type.String(),
      started_at: Type.String(),
      last_used_at: Type.String({ description: 'To the quarter of a minute.' }),
      user_agent: Type.String({ description: 'What the client calls itself.' }),
      current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
    }),
  ),
})
