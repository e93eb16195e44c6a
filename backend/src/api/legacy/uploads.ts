import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Upload } from '../../domain/upload.ts'
import { type Batch, validateBatch } from '../../domain/validate-batch.ts'
import { takeSamples } from '../health-data/take-samples.ts'
import type { IntakeDeps } from '../upload-intake.ts'
import { validationProblem } from '../validation.ts'
import { LEGACY, NOT_YOURS, onlyOwn, wholeSeconds } from './answers.ts'
import { sampleOfHealthkit, samplesOfMetric } from './metric-samples.ts'

/** `POST /health-data/upload` and `POST /healthkit`, as the earlier clients send them. */
export function legacyUploadRoutes(deps: IntakeDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.post(
      '/health-data/upload',
      {
        config: NOT_YOURS,
        schema: {
          ...LEGACY,
          summary: 'Send metrics, as the first iOS client does',
          body: MetricUpload,
          response: { 200: UploadAnswer },
        },
      },
      async request => {
        const { user_id, metrics, upload_source, sync_token } = request.body
        onlyOwn(request, user_id)
        const errors: string[] = []
        let rejected = 0
        const samples = metrics.flatMap((metric, index) => {
          const found = samplesOfMetric(metric, upload_source)
          const batch = validateBatch(found.samples, deps.clock.now())
          const all = [...found.errors, ...batch.faults.map(({ field, message }) => `${field} ${message}`)]
          errors.push(...all.map(error => `metrics/${index}: ${error}`))
          if (batch.good.length === 0) rejected++
          return batch.good
        })
        const upload = await take(request.user.id, { good: samples, faults: [], refused: [] }, errors)
        return {
          processing_id: upload.id,
          status: upload.status === 'processed' ? ('received' as const) : statusOf(upload),
          accepted_metrics: metrics.length - rejected,
          rejected_metrics: rejected,
          validation_errors: errors,
          ...(sync_token && { sync_token }),
          message: `stored; GET /api/v1/uploads/${upload.id} says when it can be read`,
          timestamp: wholeSeconds(deps.clock.now()),
        }
      },
    )

    app.post(
      '/healthkit',
      {
        config: NOT_YOURS,
        schema: {
          ...LEGACY,
          summary: 'Send HealthKit samples, as the earlier backend took them',
          description: 'Workouts and correlations are not taken here; send them to POST /api/v1/health-data.',
          body: HealthkitUpload,
          response: { 200: HealthkitAnswer },
        },
      },
      async request => {
        const { user_id, quantity_samples = [], category_samples = [], workouts = [] } = request.body
        onlyOwn(request, user_id)
        const batch = validateBatch(
          [...quantity_samples, ...category_samples].map(sampleOfHealthkit),
          deps.clock.now(),
        )
        const errors = batch.faults.map(({ index, field, message }) => `samples/${index}/${field} ${message}`)
        if (workouts.length > 0)
          errors.push('workouts are not taken here; send them to POST /api/v1/health-data')
        const upload = await take(request.user.id, batch, errors)
        return {
          upload_id: upload.id,
          status: 'queued' as const,
          queued_at: wholeSeconds(deps.clock.now()),
          samples_received: {
            quantity_samples: quantity_samples.length,
            category_samples: category_samples.length,
          },
          samples_accepted: batch.good.length,
          validation_errors: errors,
          message: `stored; GET /api/v1/uploads/${upload.id} says when it can be read`,
        }
      },
    )
  }

  async function take(userId: string, { good, refused }: Batch, errors: readonly string[]): Promise<Upload> {
    if (good.length === 0)
      throw validationProblem([
        {
          field: '',
          message: `holds nothing that can be stored: ${errors[0] ?? 'it is empty'}`,
          code: 'nothing_to_store',
        },
      ])
    const body = JSON.stringify(good)
    const contentHash = createHash('sha256').update(body).digest('hex')
    return takeSamples(deps, { userId, contentHash, body, refused, now: deps.clock.now() })
  }
}

function statusOf({ status }: Upload): 'received' | 'processing' | 'failed' {
  return status === 'processed' ? 'received' : status
}

const MetricUpload = Type.Object({
  user_id: Type.String({ maxLength: 64 }),
  metrics: Type.Array(
    Type.Object({
      metric_id: Type.String({ maxLength: 64 }),
      metric_type: Type.String({ maxLength: 64 }),
      created_at: Type.String({ maxLength: 40 }),
      device_id: Type.Optional(Type.String({ maxLength: 256 })),
      biometric_data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      activity_data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      sleep_data: Type.Optional(Type.Unknown()),
      mental_health_data: Type.Optional(Type.Unknown()),
    }),
    { minItems: 1, maxItems: 1000 },
  ),
  upload_source: Type.String({ minLength: 1, maxLength: 256 }),
  client_timestamp: Type.Optional(Type.Unknown()),
  sync_token: Type.Optional(Type.String({ maxLength: 256 })),
})

const UploadAnswer = Type.Object({
  processing_id: Type.String(),
  status: Type.Enum(['received', 'processing', 'failed']),
  accepted_metrics: Type.Integer(),
  rejected_metrics: Type.Integer(),
  validation_errors: Type.Array(Type.String()),
  sync_token: Type.Optional(Type.String()),
  message: Type.String(),
  timestamp: Type.String(),
})

const HealthkitSamples = Type.Optional(
  Type.Array(
    Type.Object({
      identifier: Type.String({ maxLength: 128 }),
      type: Type.String({ maxLength: 128 }),
      value: Type.Unknown(),
      unit: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Null()])),
      start_date: Type.String({ maxLength: 40 }),
      end_date: Type.String({ maxLength: 40 }),
      source_name: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
      metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
    { maxItems: 10_000 },
  ),
)

const HealthkitUpload = Type.Object({
  user_id: Type.String({ maxLength: 64 }),
  quantity_samples: HealthkitSamples,
  category_samples: HealthkitSamples,
  workouts: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 10_000 })),
})

const HealthkitAnswer = Type.Object({
  upload_id: Type.String(),
  status: Type.Literal('queued'),
  queued_at: Type.String(),
  samples_received: Type.Object({ quantity_samples: Type.Integer(), category_samples: Type.Integer() }),
  samples_accepted: Type.Integer(),
  validation_errors: Type.Array(Type.String()),
  message: Type.String(),
})
