import type { DescribeServicesCommandOutput } from '@aws-sdk/client-ecs'
import { AwsError } from '../../core/aws-error.ts'
import type { Invoke } from '../../core/service.ts'

/** As whom AWS's own scaling acts on ECS. */
const PRINCIPAL = 'ecs.application-autoscaling.amazonaws.com'

/** The number of tasks of a service. */
export interface EcsCapacity {
  desired: number
  running: number
  /** A deployment is under way: there is no scaling in meanwhile. */
  deploying: boolean
}

/** Reads and sets the number of tasks of ECS services, named `service/<cluster>/<service>`. */
export function createEcsCapacity(invoke: Invoke) {
  /** @returns undefined when there is no such active service */
  async function read(resourceId: string): Promise<EcsCapacity | undefined> {
    const { cluster, service } = partsOf(resourceId)
    const input = { cluster, services: [service] }
    const answer = await invoke<DescribeServicesCommandOutput>(
      'ecs',
      'DescribeServices',
      input,
      PRINCIPAL,
    ).catch(error => {
      if (error instanceof AwsError && error.code === 'ClusterNotFoundException') return undefined
      throw error
    })
    const found = answer?.services?.[0]
    if (found?.status !== 'ACTIVE') return undefined
    return {
      desired: found.desiredCount ?? 0,
      running: found.runningCount ?? 0,
      deploying: (found.deployments ?? []).some(one => one.rolloutState === 'IN_PROGRESS'),
    }
  }

  return {
    read,
    async set(resourceId: string, desiredCount: number): Promise<void> {
      await invoke('ecs', 'UpdateService', { ...partsOf(resourceId), desiredCount }, PRINCIPAL)
    },
  }
}

export type EcsCapacities = ReturnType<typeof createEcsCapacity>

function partsOf(resourceId: string): { cluster: string; service: string } {
  const [, cluster = '', service = ''] = resourceId.split('/')
  return { cluster, service }
}
