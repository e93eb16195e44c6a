import type { ServiceDeployment, ServiceRevision } from '@aws-sdk/client-ecs'
import { namesOf } from '@clarity/environments'
import { RELEASE_HEADER } from '@clarity/suites'
import type { Ecs } from '../aws/ecs.ts'
import type { Facts } from '../release/verdict.ts'
import type { ShipContext, Shipment } from './ship.ts'

/** Answers of the production listener that are looked at before success is claimed. */
const ANSWERS = 10

/** Everything that the verdict on an API deployment rests on. */
export async function gatherFacts(
  { ecs, loadBalancing, environment, handedOn }: ShipContext,
  end: { deployment: ServiceDeployment; timedOut: boolean },
  shipment: Shipment,
): Promise<Facts> {
  const { cluster, apiService } = namesOf(environment)
  const running = await runningDigests(ecs, cluster, apiService)
  const facts: Facts = {
    deployment: end.deployment,
    timedOut: end.timedOut,
    behindBalancer: true,
    digest: { wanted: shipment.digest, running },
    supersededBy: await newestOther(ecs, cluster, apiService, end.deployment.serviceDeploymentArn),
  }
  if (end.deployment.status !== 'SUCCESSFUL') return facts
  const [revision] = await ecs.revisions([end.deployment.targetServiceRevision?.arn ?? ''])
  const live = liveTargetGroupOf(revision)
  const weights = await loadBalancing.weights(handedOn['production-rule-arn'])
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  facts.productionWeight = total === 0 ? 0 : Math.floor(((weights[live] ?? 0) / total) * 100)
  facts.answered = { wanted: shipment.release, names: await answers(environment.loadBalancer.baseUrl) }
  return facts
}

/** ARN of a deployment of the service that began after the given one; a deployment that someone else started. */
export async function newestOther(
  ecs: Ecs,
  cluster: string,
  service: string,
  own: string | undefined,
): Promise<string | undefined> {
  const [newest] = await ecs.deployments(cluster, service, 1)
  return newest?.serviceDeploymentArn === own ? undefined : newest?.serviceDeploymentArn
}

/** The target group that a revision's tasks register in, as ECS resolved it. */
export function liveTargetGroupOf(revision: ServiceRevision | undefined): string {
  return (
    revision?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn ??
    revision?.loadBalancers?.[0]?.targetGroupArn ??
    ''
  )
}

/** The digest of every container of the service's running tasks. */
export async function runningDigests(ecs: Ecs, cluster: string, service: string): Promise<string[]> {
  const tasks = await ecs.tasks(cluster, service, 'RUNNING')
  return tasks.flatMap(task => task.containers?.map(container => container.imageDigest ?? 'unknown') ?? [])
}

/** How long a deployment took by ECS's own clock. */
export function ecsSeconds({ createdAt, finishedAt, updatedAt }: ServiceDeployment): number {
  const end = finishedAt ?? updatedAt
  return createdAt && end ? (end.getTime() - createdAt.getTime()) / 1000 : 0
}

/** The release names in the production listener's answers; a lost answer is named too. */
async function answers(baseUrl: string): Promise<string[]> {
  const names: string[] = []
  for (let i = 0; i < ANSWERS; i++) {
    try {
      const answer = await fetch(`${baseUrl}/health`, { signal: AbortSignal.timeout(5000) })
      await answer.arrayBuffer()
      names.push(answer.ok ? (answer.headers.get(RELEASE_HEADER) ?? 'unnamed') : `status ${answer.status}`)
    } catch {
      names.push('no answer')
    }
  }
  return names
}
