import type { Ecs } from '../aws/ecs.ts'
import { releaseOf } from '../release/task-definitions.ts'

/** One deployment of a service, with the release that it carried. */
export interface ReleaseRecord {
  release: string
  taskDefinition: string
  digest: string
  /** ECS's own status of the deployment: only `SUCCESSFUL` ones worked. */
  status: string
  deployment: string
  createdAt: Date
}

/** Deployments looked back upon. */
const LOOK_BACK = 30

/** The releases of a service from ECS's own record, newest first. */
export async function listReleases(ecs: Ecs, cluster: string, service: string): Promise<ReleaseRecord[]> {
  const deployments = await ecs.deployments(cluster, service, LOOK_BACK)
  const arns = [...new Set(deployments.map(d => d.targetServiceRevisionArn ?? ''))]
  const revisions = new Map<string, { taskDefinition: string; digest?: string }>()
  for (let at = 0; at < arns.length; at += 20)
    for (const { serviceRevisionArn = '', taskDefinition = '', containerImages } of await ecs.revisions(
      arns.slice(at, at + 20),
    ))
      revisions.set(serviceRevisionArn, { taskDefinition, digest: containerImages?.[0]?.imageDigest })
  const definitions = new Map<string, { release: string; digest?: string }>()
  for (const { taskDefinition } of revisions.values()) {
    if (definitions.has(taskDefinition)) continue
    const definition = await ecs.taskDefinition(taskDefinition)
    const image = definition.containerDefinitions?.[0]?.image ?? ''
    definitions.set(taskDefinition, {
      release: releaseOf(definition) ?? 'unnamed',
      digest: image.split('@')[1],
    })
  }
  return deployments.flatMap(deployment => {
    const revision = revisions.get(deployment.targetServiceRevisionArn ?? '')
    const definition = revision && definitions.get(revision.taskDefinition)
    if (!revision || !definition) return []
    return {
      release: definition.release,
      taskDefinition: revision.taskDefinition,
      digest: revision.digest ?? definition.digest ?? 'unknown',
      status: deployment.status ?? 'PENDING',
      deployment: deployment.serviceDeploymentArn ?? '',
      createdAt: deployment.createdAt ?? new Date(0),
    }
  })
}
