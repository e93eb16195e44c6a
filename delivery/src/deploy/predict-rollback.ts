import type { Environment } from '@clarity/environments'
import { WORKER_ON_ROLLBACK } from '../plan/make-plan.ts'
import { readPast } from '../plan/past-deployments.ts'
import { timingSettings } from '../plan/timing-settings.ts'
import { AWS_PACE, LAPTOP_PACE } from '../release/pace.ts'
import { type Prediction, predictRollbackAfterBake } from '../release/prediction.ts'
import type { ReleaseWorld } from './prepare.ts'

/**
 * How long a rollback after bake will take to good answers, as `clarity plan` predicts it.
 * @param environment how the rollback is made: without approval and steps
 */
export async function predictRollback(world: ReleaseWorld, environment: Environment): Promise<Prediction> {
  return predictRollbackAfterBake(
    {
      settings: timingSettings(environment, world.target.speed),
      pace: environment.endpoint ? LAPTOP_PACE : AWS_PACE,
      past: await readPast(world),
    },
    WORKER_ON_ROLLBACK,
  )
}
