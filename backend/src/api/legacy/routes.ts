import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { SampleStore } from '../../adapters/dynamodb/sample-store.ts'
import type { IntakeDeps } from '../upload-intake.ts'
import { legacyAnalysisRoutes } from './analysis.ts'
import { legacyUploadRoutes } from './uploads.ts'

/**
 * The paths of the earlier iOS clients that take data in and measure it. Nothing depends on this folder: delete it, with
 * its lines in `api.ts` and `app.ts`, when those clients are gone.
 */
export function legacyRoutes(
  deps: IntakeDeps & { samples: Pick<SampleStore, 'readDays'> },
): FastifyPluginAsyncTypebox {
  return async app => {
    await app.register(legacyUploadRoutes(deps))
    await app.register(legacyAnalysisRoutes(deps))
  }
}
