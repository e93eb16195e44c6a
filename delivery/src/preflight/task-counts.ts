import { namesOf } from '@clarity/environments'
import type { PreflightWorld } from './check.ts'

export interface TaskCount {
  part: 'api' | 'worker'
  /** Tasks that the service has when it rests. */
  desired: number
  /** Tasks that it has now. */
  running: number
}

/** How many tasks the services have and want; auto-scaling may want more than the environment's data. */
export async function taskCounts({
  ecs,
  environment,
}: Pick<PreflightWorld, 'ecs' | 'environment'>): Promise<TaskCount[]> {
  const { cluster, apiService, workerService } = namesOf(environment)
  const parts = [
    ['api', apiService],
    ['worker', workerService],
  ] as const
  return Promise.all(
    parts.map(async ([part, name]) => {
      const service = await ecs.service(cluster, name)
      return {
        part,
        desired: Math.max(environment[part].desiredCount, service?.desiredCount ?? 0),
        running: (service?.runningCount ?? 0) + (service?.pendingCount ?? 0),
      }
    }),
  )
}
