import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { IntakeDeps } from '../upload-intake.ts'
import { type QueryDeps, queryRoute } from './query.ts'
import { submitRoute } from './submit.ts'

export interface HealthDataDeps extends IntakeDeps, QueryDeps {}

/** `POST /health-data` takes samples in, `GET /health-data` gives them back as they were sent. */
export function healthDataRoutes(deps: HealthDataDeps): FastifyPluginAsyncTypebox {
  return async app => {
    await app.register(submitRoute(deps))
    await app.register(queryRoute(deps))
  }
}
