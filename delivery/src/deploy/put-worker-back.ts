import { namesOf } from '@clarity/environments'
import { releaseOf } from '../release/task-definitions.ts'
import { listReleases } from './releases.ts'
import type { Part, ShipContext } from './ship.ts'
import { shipWorker } from './ship-worker.ts'

/**
 * Brings the worker to the release that the API is on, or went back to: both move together.
 * @param apiRevision ARN of the API's service revision that serves; what the service is set to when absent
 * @returns undefined when it is there already, or cannot be brought there, which is told
 */
export async function putWorkerBack(context: ShipContext, apiRevision?: string): Promise<Part | undefined> {
  const { ecs, environment, emit } = context
  const { cluster, apiService, workerService } = namesOf(environment)
  const [revision] = apiRevision ? await ecs.revisions([apiRevision]) : []
  const definition = revision?.taskDefinition ?? (await ecs.service(cluster, apiService))?.taskDefinition
  const release = definition && releaseOf(await ecs.taskDefinition(definition))
  const worker = await ecs.service(cluster, workerService)
  if (!release || !worker?.taskDefinition) return undefined
  if (releaseOf(await ecs.taskDefinition(worker.taskDefinition)) === release) return undefined
  const records = await listReleases(ecs, cluster, workerService)
  const target = records.find(record => record.release === release && record.status === 'SUCCESSFUL')
  if (target) return shipWorker(context, target.taskDefinition)
  emit({
    type: 'note',
    message: `the worker stays where it is: ECS has no record of a worker of ${release}`,
    data: { release },
  })
  return undefined
}
