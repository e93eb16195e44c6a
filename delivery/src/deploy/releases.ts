import type { ServiceDeploymentBrief, ServiceRevision, TaskDefinition } from '@aws-sdk/client-ecs'
import type { Ecs } from '../aws/ecs.ts'
import { releaseOf } from '../release/task-definitions.ts'

/** One deployment of a service, with the release that it carried. */
export interface ReleaseRecord {
  /** `unnamed` where its task definition was not made here, or is gone. */
  release: string
  taskDefinition: string
  digest: string
  /** ECS's own status of the deployment: only `SUCCESSFUL` ones worked. */
  status: string
  deployment: string
  createdAt: Date
}

/** The same with what ECS says of the deployment and of who registered its task definition. */
export interface DeploymentRecord extends ReleaseRecord {
  brief: ServiceDeploymentBrief
  registeredBy?: string
}

/** Deployments looked back upon. */
const LOOK_BACK = 30
/** Revisions that ECS describes at once. */
const MOST_REVISIONS = 20

/** The releases of a service from ECS's own record, newest first; a deployment whose revision is gone is left out. */
export async function listReleases(ecs: Ecs, cluster: string, service: string): Promise<ReleaseRecord[]> {
  return (await readRecords(ecs, cluster, service, LOOK_BACK)).filter(({ taskDefinition }) => taskDefinition)
}

/**
 * The newest deployments of a service joined with their revisions and task definitions, newest first.
 * @param lookBack how many deployments, at most the 100 that ECS lists at once
 * @param named of how many the task definition is read for release and digest. @default all
 */
export async function readRecords(
  ecs: Ecs,
  cluster: string,
  service: string,
  lookBack: number,
  named = lookBack,
): Promise<DeploymentRecord[]> {
  const briefs = await ecs.deployments(cluster, service, lookBack)
  const revisions = await revisionsOf(
    ecs,
    briefs.map(brief => brief.targetServiceRevisionArn ?? ''),
  )
  const revisionOf = (brief: ServiceDeploymentBrief) => revisions.get(brief.targetServiceRevisionArn ?? '')
  const definitions = await definitionsOf(
    ecs,
    briefs.slice(0, named).map(brief => revisionOf(brief)?.taskDefinition ?? ''),
  )
  return briefs.map(brief => {
    const revision = revisionOf(brief)
    const taskDefinition = revision?.taskDefinition ?? ''
    const definition = definitions.get(taskDefinition)
    const image = definition?.containerDefinitions?.[0]?.image
    return {
      release: releaseOf(definition) ?? 'unnamed',
      taskDefinition,
      digest: revision?.containerImages?.[0]?.imageDigest ?? image?.split('@')[1] ?? 'unknown',
      status: brief.status ?? 'PENDING',
      deployment: brief.serviceDeploymentArn ?? '',
      createdAt: brief.createdAt ?? new Date(0),
      brief,
      registeredBy: definition?.registeredBy,
    }
  })
}

async function revisionsOf(ecs: Ecs, arns: string[]): Promise<Map<string, ServiceRevision>> {
  const distinct = [...new Set(arns.filter(Boolean))]
  const found = new Map<string, ServiceRevision>()
  for (let at = 0; at < distinct.length; at += MOST_REVISIONS)
    for (const revision of await ecs.revisions(distinct.slice(at, at + MOST_REVISIONS)))
      found.set(revision.serviceRevisionArn ?? '', revision)
  return found
}

async function definitionsOf(ecs: Ecs, arns: string[]): Promise<Map<string, TaskDefinition>> {
  const found = new Map<string, TaskDefinition>()
  for (const arn of new Set(arns.filter(Boolean))) found.set(arn, await ecs.taskDefinition(arn))
  return found
}
