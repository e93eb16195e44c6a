import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { SampleStore } from '../../adapters/dynamodb/sample-store.ts'
import type { IntakeDeps } from '../upload-intake.ts'
import { queryRoute } from './query.ts'
import { submitRoute } from './submit.ts'

export interface HealthDataDeps extends IntakeDeps {
  samples: SampleStore
}

/** `POST /health-data` takes samples in, `GET /health-data` gives them back as they were sent. */
export function healthDataRoutes(deps: HealthDataDeps): FastifyPluginAsyncTypebox {
  return async app => {
    await app.register(submitRoute(deps))
    await app.register(queryRoute(deps))
  }
}
