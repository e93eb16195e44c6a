import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Sample } from '../../domain/sample.ts'
import { validateBatch } from '../../domain/validate-batch.ts'
import { gunzipBody } from '../gunzip-body.ts'
import { answerOnce, IdempotencyHeaders } from '../idempotency.ts'
import { listOf } from '../list-body.ts'
import { Accepted, type IntakeDeps } from '../upload-intake.ts'
import { allButBody, validationProblem } from '../validation.ts'
import { takeSamples } from './take-samples.ts'

/** Most samples of one request. A client with more sends them in parts. */
export const MAX_SAMPLES = 10_000
/** Largest body in bytes, unpacked. */
export const MAX_BODY = 5 * 1024 * 1024

/** `POST /health-data`: a batch of samples, all of which are good or none of which is stored, unless asked otherwise. */
export function submitRoute(deps: IntakeDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.post(
      '/health-data',
      {
        bodyLimit: MAX_BODY,
        preParsing: gunzipBody,
        // The handler reads the body itself: it names every bad sample, for its meaning as well as its shape.
        validatorCompiler: allButBody,
        schema: {
          tags: ['health data'],
          summary: 'Send samples',
          description:
            `Up to ${MAX_SAMPLES} samples, ${MAX_BODY} bytes; content-encoding gzip is taken, and the limit holds for what is unpacked. ` +
            'Sending the same again, whole or in part, stores nothing twice. Any bad sample refuses the batch with 422, nothing of it is stored, ' +
            'and every bad one is named with its index and reason. With partial=true the good ones are stored, and the answer lists the bad ones.',
          headers: IdempotencyHeaders,
          querystring: Query,
          body: Body,
          response: { 202: SubmitAccepted },
        },
      },
      async (request, reply) => {
        const samples = listOf(request.body, 'samples', MAX_SAMPLES)
        const partial = request.query.partial === 'true'
        const body = JSON.stringify(samples)
        const contentHash = createHash('sha256').update(body).digest('hex')
        return answerOnce(deps, request, reply, `${partial} ${contentHash}`, async () => {
          const now = deps.clock.now()
          const batch = validateBatch(samples, now)
          if (batch.faults.length > 0 && (!partial || batch.good.length === 0))
            throw validationProblem(
              batch.faults.map(({ index, field, code, message }) => ({
                field: `samples/${index}${field && `/${field}`}`,
                code,
                message,
              })),
            )
          const upload = await takeSamples(deps, {
            userId: request.user.id,
            contentHash,
            body: batch.refused.length > 0 ? JSON.stringify(batch.good) : body,
            refused: batch.refused,
            now,
          })
          return {
            status: 202,
            location: `/api/v1/uploads/${upload.id}`,
            body: {
              upload_id: upload.id,
              status: upload.status,
              sample_count: batch.good.length,
              ...(partial && { rejected: batch.faults }),
            },
          }
        })
      },
    )
  }
}

const Query = Type.Object({
  partial: Type.Optional(
    Type.Enum(['true', 'false'], {
      description: 'true: store the good samples of a batch that has bad ones too. Default false',
    }),
  ),
})

const Body = Type.Object({ samples: Type.Array(Sample, { minItems: 1, maxItems: MAX_SAMPLES }) })

const SubmitAccepted = Type.Object({
  ...Accepted.properties,
  sample_count: Type.Integer({ minimum: 1, description: 'Samples taken in.' }),
  rejected: Type.Optional(
    Type.Array(
      Type.Object({
        index: Type.Integer({ minimum: 0, description: 'Place in the batch that was sent.' }),
        field: Type.String({ description: 'Path inside the sample.' }),
        code: Type.String(),
        message: Type.String(),
      }),
      { description: 'With partial=true: what was not taken in, and why.' },
    ),
  ),
})
