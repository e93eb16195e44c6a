import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { ErasureStore } from '../../adapters/dynamodb/erasure-store.ts'
import { Problem } from '../../problem.ts'
import { dependency, type IntakeDeps } from '../upload-intake.ts'

export interface AccountDeps extends Omit<IntakeDeps, 'erasures'> {
  erasures: ErasureStore
}

/** `DELETE /account`: erases a user's sign-in and everything that is kept of them. */
export function accountRoutes(deps: AccountDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.delete(
      '/account',
      {
        schema: {
          tags: ['account'],
          summary: 'Erase everything',
          description:
            'Erases the sign-in, every sample, summary, upload, insight and export, with all their versions. From this answer on nothing more is taken in ' +
            'for the account. It cannot be taken back: export first. The receipt can be read without signing in; keep its id.',
          querystring: Type.Object({
            confirm: Type.Literal('erase', { description: 'Says that this is meant.' }),
          }),
          response: { 202: Type.Object({ erasure_id: Type.String(), status: Type.Literal('received') }) },
        },
      },
      async (request, reply) => {
        const userId = request.user.id
        const requestedAt = new Date(deps.clock.now()).toISOString()
        const id = await dependency(deps, 'table', () =>
          deps.erasures.begin(userId, randomUUID(), requestedAt),
        )
        const pointer = { version: 1, user_id: userId, upload_id: id, kind: 'erasure' } as const
        await dependency(deps, 'queue', () =>
          deps.queue.send({ ...pointer, key: 'account', received_at: requestedAt }),
        )
        reply.code(202).header('location', `/api/v1/erasures/${id}`)
        return { erasure_id: id, status: 'received' as const }
      },
    )
  }
}

/** `GET /erasures/:id`: the receipt of an erasure. Its owner cannot sign in any more, so that whoever has the id may. */
export function erasureRoutes(deps: Pick<AccountDeps, 'erasures' | 'log'>): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/erasures/:id',
      {
        schema: {
          tags: ['account'],
          security: [],
          summary: 'Receipt of an erasure',
          description:
            'Needs no sign-in; the id is known to nobody else. Names nobody and nothing of what was erased.',
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          response: { 200: Receipt },
        },
      },
      async request => {
        const receipt = await dependency(deps, 'table', () => deps.erasures.receipt(request.params.id))
        if (!receipt) throw new Problem(404, 'not_found', 'Not found', 'there is no erasure of this id')
        return receipt
      },
    )
  }
}

const Receipt = Type.Object({
  erasure_id: Type.String(),
  status: Type.Enum(['received', 'erased']),
  requested_at: Type.String(),
  completed_at: Type.Optional(Type.String()),
  account_hash: Type.String({ description: 'SHA-256 of "account", a line feed and the user id, in hex.' }),
  removed: Type.Optional(
    Type.Object({
      table_items: Type.Integer(),
      object_versions: Type.Integer(),
      open_uploads: Type.Integer({ description: 'Unfinished multipart imports.' }),
      identity: Type.Boolean({ description: 'Whether there was a sign-in.' }),
    }),
  ),
  verified: Type.Optional(
    Type.Object(
      { table_items: Type.Literal(0), object_versions: Type.Literal(0) },
      { description: 'What was looked for afterwards.' },
    ),
  ),
})
