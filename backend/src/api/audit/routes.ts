import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { AuditStore } from '../../adapters/dynamodb/audit-store.ts'
import type { Log } from '../../logging.ts'
import { dependency } from '../upload-intake.ts'
import { validationProblem } from '../validation.ts'

const DEFAULT_LIMIT = 100

/** `GET /audit`: who has reached for the caller's health data. */
export function auditRoutes(deps: { audit: Pick<AuditStore, 'page'>; log: Log }): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/audit',
      {
        schema: {
          tags: ['sharing'],
          summary: 'Who has reached for your data',
          description:
            'Every read and every write, your own included, newest first; kept for six years. A request is recorded before it is answered, also where nothing was found. No values.',
          querystring: Query,
          response: { 200: Page },
        },
      },
      async request => {
        const { limit = DEFAULT_LIMIT, cursor } = request.query
        const before = cursor === undefined ? undefined : decode(cursor)
        const page = () => deps.audit.page(request.user.id, limit, before)
        const { records, next } = await dependency(deps, 'table', page)
        return {
          records: records.map(({ requestId, grantId, ...rest }) => ({
            ...rest,
            request_id: requestId,
            ...(grantId !== undefined && { grant_id: grantId }),
          })),
          next_cursor: next === undefined ? null : Buffer.from(next).toString('base64url'),
        }
      },
    )
  }
}

function decode(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z#[\w-]+$/.test(text)) return text
  throw validationProblem([{ field: 'cursor', message: 'is not a next_cursor of here', code: 'bad_cursor' }])
}

const Query = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 500,
      default: DEFAULT_LIMIT,
      description: 'Records; what was recorded together comes together, so that it may be some more.',
    }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: 'next_cursor of the answer before.' })),
})

const Page = Type.Object({
  records: Type.Array(
    Type.Object({
      at: Type.String(),
      request_id: Type.String({ description: 'As in x-request-id of the answer.' }),
      by: Type.String({ description: 'self, or the user id of whom you have let read.' }),
      action: Type.Enum(['read', 'write']),
      what: Type.String({ description: 'Method and route.', examples: ['GET /api/v1/health-data'] }),
      metrics: Type.Optional(Type.Array(Type.String())),
      grant_id: Type.Optional(Type.String()),
    }),
  ),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
