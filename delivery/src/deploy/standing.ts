import type { Service, ServiceDeployment } from '@aws-sdk/client-ecs'
import { type Environment, namesOf } from '@clarity/environments'
import type { Ecs } from '../aws/ecs.ts'
import { releaseOf } from '../release/task-definitions.ts'
import { describeStage, isTerminal } from './follow.ts'

/** Where one service stands: what it is set to, and its newest deployment with the release that it carries. */
export interface Standing {
  service: Service
  /** The task definition and the release that the service is set to; a rollback of ECS's sets them back. */
  taskDefinition: string
  release?: string
  newest?: {
    arn: string
    deployment: ServiceDeployment
    taskDefinition: string
    release?: string
    digest: string
    inFlight: boolean
  }
}

/** @returns undefined when there is no such service */
export async function standingOf(ecs: Ecs, cluster: string, name: string): Promise<Standing | undefined> {
  const service = await ecs.service(cluster, name)
  if (!service) return undefined
  const taskDefinition = service.taskDefinition ?? ''
  const release = releaseOf(await ecs.taskDefinition(taskDefinition))
  const [brief] = await ecs.deployments(cluster, name, 1)
  if (!brief?.serviceDeploymentArn) return { service, taskDefinition, release }
  const deployment = await ecs.deployment(brief.serviceDeploymentArn)
  const [revision] = await ecs.revisions([brief.targetServiceRevisionArn ?? ''])
  const target = revision?.taskDefinition ?? ''
  const definition = target ? await ecs.taskDefinition(target) : undefined
  return {
    service,
    taskDefinition,
    release,
    newest: {
      arn: brief.serviceDeploymentArn,
      deployment,
      taskDefinition: target,
      release: releaseOf(definition),
      digest:
        revision?.containerImages?.[0]?.imageDigest ??
        definition?.containerDefinitions?.[0]?.image?.split('@')[1] ??
        'unknown',
      inFlight: !isTerminal(deployment.status),
    },
  }
}

/** Where both services stand. */
export async function standings(
  ecs: Ecs,
  environment: Environment,
): Promise<{ api?: Standing; worker?: Standing }> {
  const { cluster, apiService, workerService } = namesOf(environment)
  const [api, worker] = await Promise.all([
    standingOf(ecs, cluster, apiService),
    standingOf(ecs, cluster, workerService),
  ])
  return { api, worker }
}

/** The task definition of a release that a service has, or is being moved to. */
export function definitionIn(standing: Standing | undefined, release: string): string | undefined {
  if (standing?.newest?.release === release) return standing.newest.taskDefinition
  return standing?.release === release ? standing.taskDefinition : undefined
}

/** `the API is on <release>; its deployment of <release> is IN_PROGRESS at BAKE_TIME, …`: one line a service. */
export function standingLines({ api, worker }: { api?: Standing; worker?: Standing }): string[] {
  return [...words('API', api), ...words('worker', worker)]
}

function words(part: string, standing: Standing | undefined): string[] {
  if (!standing) return [`the ${part} has no service yet`]
  const { release = 'an unnamed release', newest } = standing
  if (!newest) return [`the ${part} is on ${release}`]
  const of = newest.release ?? 'an unnamed release'
  if (newest.inFlight)
    return [`the ${part}'s deployment of ${of} goes on: ${describeStage(newest.deployment)}`]
  const { status, statusReason } = newest.deployment
  const why = status === 'SUCCESSFUL' || !statusReason ? '' : `: ${statusReason}`
  return [`the ${part} is on ${release}; its last deployment, of ${of}, ended as ${status}${why}`]
}
