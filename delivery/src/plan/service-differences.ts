import type { DeploymentConfiguration, Service } from '@aws-sdk/client-ecs'
import { type Environment, namesOf } from '@clarity/environments'
import type { HandedOnValues } from '../aws/parameters.ts'
import { updateApiService, updateWorkerService } from '../release/services.ts'
import type { Difference } from '../release/task-definition-diff.ts'

/** Settings of the services, not of their tasks, in which the release differs from what serves. */
export function serviceDifferences(
  { environment, handedOn }: { environment: Environment; handedOn: HandedOnValues },
  api: Service | undefined,
  worker: Service | undefined,
): Difference[] {
  const names = namesOf(environment)
  const next = updateApiService(environment, handedOn, '')
  return [
    ...differences(names.apiService, api, {
      ...shownOf(next.deploymentConfiguration),
      'health check grace': `${next.healthCheckGracePeriodSeconds} s`,
    }),
    ...differences(
      names.workerService,
      worker,
      shownOf(updateWorkerService(environment, handedOn, '').deploymentConfiguration),
    ),
  ]
}

function differences(
  name: string,
  service: Service | undefined,
  after: Record<string, string>,
): Difference[] {
  if (!service) return [{ setting: name, after: 'a new service' }]
  const before: Record<string, string> = {
    ...shownOf(service.deploymentConfiguration),
    'health check grace': `${service.healthCheckGracePeriodSeconds ?? 0} s`,
  }
  return Object.entries(after).flatMap(([setting, value]) =>
    before[setting] === value
      ? []
      : [{ setting: `${name}.${setting}`, before: before[setting], after: value }],
  )
}

function shownOf(configuration: DeploymentConfiguration | undefined): Record<string, string> {
  const { strategy, bakeTimeInMinutes, minimumHealthyPercent, maximumPercent, lifecycleHooks, alarms } =
    configuration ?? {}
  const hooks = (lifecycleHooks ?? []).map(
    hook => `${hook.targetType} at ${hook.lifecycleStages?.join(', ')}`,
  )
  return {
    strategy: strategy ?? 'ROLLING',
    bake: `${bakeTimeInMinutes ?? 0} min`,
    'healthy percent': `${minimumHealthyPercent} to ${maximumPercent}`,
    hooks: hooks.join('; ') || 'none',
    alarms: alarms?.alarmNames?.join(', ') || 'none',
  }
}
