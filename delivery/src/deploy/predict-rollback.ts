import { type Environment, namesOf } from '@clarity/environments'
import { WORKER_ON_ROLLBACK } from '../plan/make-plan.ts'
import { pastDeployments } from '../plan/past-deployments.ts'
import { AWS_PACE, LAPTOP_PACE } from '../release/pace.ts'
import { type Prediction, predictRollbackAfterBake } from '../release/prediction.ts'
import type { ReleaseWorld } from './prepare.ts'

/** How long a rollback after bake will take to good answers, as `clarity plan` predicts it. */
export async function predictRollback(world: ReleaseWorld, environment: Environment): Promise<Prediction> {
  const { cluster, apiService, workerService } = namesOf(environment)
  const [api, worker] = await Promise.all([
    pastDeployments(world.ecs, cluster, apiService),
    pastDeployments(world.ecs, cluster, workerService),
  ])
  const { strategy, bakeMinutes } = environment.deployment
  const { healthCheckSeconds, deregistrationSeconds } = environment.loadBalancer
  const { speed } = world.target
  return predictRollbackAfterBake(
    {
      settings: { strategy, bakeMinutes, healthCheckSeconds, deregistrationSeconds, speed },
      pace: environment.endpoint ? LAPTOP_PACE : AWS_PACE,
      past: { api, worker },
    },
    WORKER_ON_ROLLBACK,
  )
}
