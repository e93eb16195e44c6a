import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { activityRoutes } from '../activity/routes.ts'
import { heartRoutes } from '../heart/routes.ts'
import { rhythmRoutes } from '../rhythm/routes.ts'
import { sleepRoutes } from '../sleep/routes.ts'
import { trendRoutes } from '../trends/routes.ts'
import type { MeasureDeps } from './deps.ts'

/** Everything that is computed from a user's samples: sleep, activity, heart, rhythm and trends. */
export function measureRoutes(deps: MeasureDeps): FastifyPluginAsyncTypebox {
  return async app => {
    for (const routes of [sleepRoutes, activityRoutes, heartRoutes, rhythmRoutes, trendRoutes])
      await app.register(routes(deps))
  }
}
