import type { Ecs } from '../aws/ecs.ts'
import type { PastDeployment } from '../release/prediction.ts'

/** Deployments looked back upon: recent ones tell best. */
const LOOK_BACK = 20
const AT_MOST = 10

/** How long the last successful deployments of a service took that replaced another revision. */
export async function pastDeployments(ecs: Ecs, cluster: string, service: string): Promise<PastDeployment[]> {
  const briefs = await ecs.deployments(cluster, service, LOOK_BACK)
  const successful = briefs.filter(({ status }) => status === 'SUCCESSFUL').slice(0, AT_MOST)
  const deployments = await Promise.all(
    successful.map(({ serviceDeploymentArn = '' }) => ecs.deployment(serviceDeploymentArn)),
  )
  return deployments.flatMap(({ createdAt, finishedAt, sourceServiceRevisions, deploymentConfiguration }) =>
    createdAt && finishedAt && sourceServiceRevisions?.length
      ? [
          {
            seconds: (finishedAt.getTime() - createdAt.getTime()) / 1000,
            bakeMinutes: deploymentConfiguration?.bakeTimeInMinutes ?? 0,
          },
        ]
      : [],
  )
}
