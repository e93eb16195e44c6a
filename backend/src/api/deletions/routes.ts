import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { findMetric } from '../../domain/metrics/catalogue.ts'
import { UUID_PATTERN } from '../../domain/sample.ts'
import { whenUsed } from '../../domain/when-used.ts'
import type { FieldError } from '../../problem.ts'
import { gunzipBody } from '../gunzip-body.ts'
import { answerOnce, IdempotencyHeaders } from '../idempotency.ts'
import { listOf } from '../list-body.ts'
import { Accepted, dependency, type IntakeDeps, takeIn } from '../upload-intake.ts'
import { allButBody, validationProblem } from '../validation.ts'

/** Most deletions of one request. */
export const MAX_DELETIONS = 10_000

/** `POST /health-data/deletions`: samples that HealthKit says are gone. */
export function deletionRoutes(deps: IntakeDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.post(
      '/health-data/deletions',
      {
        preParsing: gunzipBody,
        validatorCompiler: allButBody,
        schema: {
          tags: ['health data'],
          summary: 'Delete samples',
          description:
            `Up to ${MAX_DELETIONS} UUIDs, as HealthKit's deleted objects carry them. They are worked off in order with the same user's uploads. ` +
            'A deletion stands for ever: a sample of that UUID which comes later is refused, with the code deleted. ' +
            'Naming the type makes the search quick. Any bad entry refuses all of them with 422.',
          headers: IdempotencyHeaders,
          body: Body,
          response: {
            202: Type.Object({ ...Accepted.properties, deletion_count: Type.Integer({ minimum: 1 }) }),
          },
        },
      },
      async (request, reply) => {
        const deletions = listOf(request.body, 'deletions', MAX_DELETIONS)
        const faults = deletions.flatMap(faultsOf)
        if (faults.length > 0) throw validationProblem(faults)
        const contentHash = createHash('sha256').update(JSON.stringify({ deletions })).digest('hex')
        return answerOnce(deps, request, reply, contentHash, async () => {
          const userId = request.user.id
          const receivedAt = new Date(deps.clock.now()).toISOString()
          const key = `raw/${userId}/${contentHash}`
          const envelope = Buffer.from(
            JSON.stringify({ user_id: userId, received_at: receivedAt, deletions }),
          )
          await dependency(deps, 'bucket', () => deps.raw.putOnce(key, envelope, 'application/json'))
          const upload = await takeIn(deps, { userId, contentHash, kind: 'deletions', key, receivedAt })
          const location = `/api/v1/uploads/${upload.id}`
          const body = { upload_id: upload.id, status: upload.status, deletion_count: deletions.length }
          return { status: 202, location, body }
        })
      },
    )
  }
}

const Deletion = Type.Object(
  {
    uuid: Type.String({ pattern: UUID_PATTERN, description: 'Of the sample that is gone.' }),
    type: Type.Optional(
      Type.String({ maxLength: 128, description: 'Its canonical metric name or HealthKit identifier.' }),
    ),
  },
  { additionalProperties: false },
)
const Body = Type.Object({ deletions: Type.Array(Deletion, { minItems: 1, maxItems: MAX_DELETIONS }) })
const entryShape = whenUsed(() => Compile(Deletion))

function faultsOf(entry: unknown, index: number): FieldError[] {
  const field = `deletions/${index}`
  if (!entryShape().Check(entry))
    return [
      {
        field,
        code: 'bad_deletion',
        message: 'must be {"uuid": "…", "type": "…"}; the type may be left out',
      },
    ]
  if (entry.type === undefined || findMetric(entry.type)) return []
  const message = 'is not a known metric; GET /api/v1/metrics lists them, and it may be left out'
  return [{ field: `${field}/type`, code: 'unknown_metric', message }]
}
