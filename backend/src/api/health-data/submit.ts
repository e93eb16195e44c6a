import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Sample } from '../../domain/sample.ts'
import { validateBatch } from '../../domain/validate-batch.ts'
import type { FieldError, Problem } from '../../problem.ts'
import { Accepted, dependency, type IntakeDeps, takeIn } from '../upload-intake.ts'
import { validationProblem } from '../validation.ts'

/** Most samples of one request. A client with more sends them in parts. */
export const MAX_SAMPLES = 10_000
/** Largest body in bytes. */
export const MAX_BODY = 5 * 1024 * 1024

/** `POST /health-data`: a batch of samples, all of which are good or none of which is stored. */
export function submitRoute(deps: IntakeDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.post(
      '/health-data',
      {
        bodyLimit: MAX_BODY,
        // The handler reads the body itself: it names every bad sample, for its meaning as well as its shape.
        validatorCompiler: () => value => ({ value }),
        schema: {
          tags: ['health data'],
          summary: 'Send samples',
          description: `Up to ${MAX_SAMPLES} samples. Sending the same again, whole or in part, stores nothing twice. Any bad sample refuses the batch and every bad one is named.`,
          body: Body,
          response: { 202: SubmitAccepted },
        },
      },
      async (request, reply) => {
        const samples = batchOf(request.body)
        const now = deps.clock.now()
        const batch = validateBatch(samples, now)
        if (!batch.ok)
          throw validationProblem(
            batch.faults.map(({ index, field, code, message }) => ({
              field: `samples/${index}${field && `/${field}`}`,
              code,
              message,
            })),
          )
        const userId = request.user.id
        const contentHash = createHash('sha256').update(JSON.stringify(samples)).digest('hex')
        const receivedAt = new Date(now).toISOString()
        const key = `raw/${userId}/${contentHash}`
        const envelope = Buffer.from(JSON.stringify({ user_id: userId, received_at: receivedAt, samples }))
        await dependency(deps, 'bucket', () => deps.raw.putOnce(key, envelope, 'application/json'))
        const upload = await takeIn(deps, { userId, contentHash, kind: 'samples', key, receivedAt })
        reply.code(202).header('location', `/api/v1/uploads/${upload.id}`)
        return { upload_id: upload.id, status: upload.status, sample_count: samples.length }
      },
    )
  }
}

const Body = Type.Object({ samples: Type.Array(Sample, { minItems: 1, maxItems: MAX_SAMPLES }) })

const SubmitAccepted = Type.Object({ ...Accepted.properties, sample_count: Type.Integer({ minimum: 1 }) })

function batchOf(body: unknown): unknown[] {
  const refuse = (field: string, message: string, code: string): Problem => {
    const error: FieldError = { field, message, code }
    return validationProblem([error])
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refuse('', 'must be an object: {"samples": [...]}', 'type')
  const unknown = Object.keys(body).filter(name => name !== 'samples')
  if (unknown[0] !== undefined) throw refuse(unknown[0], 'is not known here; leave it out', 'unknown_field')
  const { samples } = body as { samples?: unknown }
  if (samples === undefined) throw refuse('samples', 'is required', 'required')
  if (!Array.isArray(samples)) throw refuse('samples', 'must be a list of samples', 'type')
  if (samples.length === 0) throw refuse('samples', 'must hold at least one sample', 'empty')
  if (samples.length > MAX_SAMPLES)
    throw refuse(
      'samples',
      `holds ${samples.length} samples; send at most ${MAX_SAMPLES} at a time`,
      'too_many',
    )
  return samples
}
