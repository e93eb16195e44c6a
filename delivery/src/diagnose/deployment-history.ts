import type { ServiceRevision, TaskDefinition } from '@aws-sdk/client-ecs'
import type { Ecs } from '../aws/ecs.ts'
import { redactText } from '../release/diagnosis/redact.ts'
import {
  type RecordedDeployment,
  type Result,
  resultsOf,
  type SuccessRate,
  successRate,
} from '../release/success-rate.ts'
import { releaseOf } from '../release/task-definitions.ts'

/** One deployment from ECS's own record. Times are in seconds; what has not happened is absent. */
export interface HistoryEntry {
  deployment: string
  release: string
  /** The commit that the release was built from, where its name tells. */
  commit?: string
  digest: string
  result: Result
  status: string
  reason?: string
  createdAt?: Date
  startedAt?: Date
  finishedAt?: Date
  waitedSeconds?: number
  ranSeconds?: number
  seconds?: number
  /**
   * Who deployed it, by the evidence; without evidence who registered its task definition, which is known of its first
   * deployment only, for ECS records nobody else.
   */
  who?: string
  /** The place of its evidence in the chain. */
  evidence?: number
}

export interface ServiceHistory {
  service: string
  /** Newest first. */
  entries: HistoryEntry[]
  rate: SuccessRate
  /** How many deployments the rate is taken of, and since when. */
  window: { deployments: number; since?: Date }
}

/** Deployments that the rate is taken of: as many as ECS lists at once. */
export const WINDOW = 100
const MOST_REVISIONS = 20

/** What evidence knows of a deployment that ECS does not. */
export interface Author {
  who: string
  /** The place of the evidence in the chain. */
  sequence: number
  stoppedBy?: RecordedDeployment['stoppedBy']
}

/**
 * The last deployments of a service, and its success rate over as many as ECS remembers, up to {@link WINDOW}.
 * @param authors by deployment ARN, from the evidence
 */
export async function deploymentHistory(
  ecs: Ecs,
  cluster: string,
  service: string,
  limit: number,
  authors: ReadonlyMap<string, Author> = new Map(),
): Promise<ServiceHistory> {
  const exists = await ecs.service(cluster, service)
  const briefs = exists ? await ecs.deployments(cluster, service, WINDOW) : []
  const revisions = await revisionsOf(
    ecs,
    briefs.map(brief => brief.targetServiceRevisionArn ?? ''),
  )
  const taskDefinitionOf = (arn = '') => revisions.get(arn)?.taskDefinition ?? ''
  const results = resultsOf(
    briefs.map(
      ({ status = 'PENDING', statusReason, targetServiceRevisionArn, serviceDeploymentArn = '' }) => ({
        status,
        statusReason,
        stoppedBy: authors.get(serviceDeploymentArn)?.stoppedBy,
        taskDefinition: taskDefinitionOf(targetServiceRevisionArn),
      }),
    ),
  )
  const taskDefinitions = briefs.map(brief => taskDefinitionOf(brief.targetServiceRevisionArn))
  const definitions = await definitionsOf(ecs, taskDefinitions.slice(0, limit))
  const entries = briefs.slice(0, limit).map((brief, index): HistoryEntry => {
    const { createdAt, startedAt, finishedAt, statusReason } = brief
    const taskDefinition = taskDefinitions[index] ?? ''
    const definition = definitions.get(taskDefinition)
    const container = definition?.containerDefinitions?.[0]
    const release = releaseOf(definition) ?? 'unnamed'
    const author = authors.get(brief.serviceDeploymentArn ?? '')
    const image = revisions.get(brief.targetServiceRevisionArn ?? '')?.containerImages?.[0]
    return {
      deployment: brief.serviceDeploymentArn ?? '',
      release,
      commit: /^[0-9a-f]{12,40}(?=-)/.exec(release)?.[0],
      digest: image?.imageDigest ?? container?.image?.split('@')[1] ?? 'unknown',
      result: results[index] ?? 'under-way',
      status: brief.status ?? 'PENDING',
      reason: statusReason && redactText(statusReason),
      createdAt,
      startedAt,
      finishedAt,
      waitedSeconds: between(createdAt, startedAt),
      ranSeconds: between(startedAt, finishedAt),
      seconds: between(createdAt, finishedAt),
      who:
        author?.who ??
        (taskDefinitions.lastIndexOf(taskDefinition) === index ? definition?.registeredBy : undefined),
      evidence: author?.sequence,
    }
  })
  return {
    service,
    entries,
    rate: successRate(results),
    window: { deployments: briefs.length, since: briefs.at(-1)?.createdAt },
  }
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

function between(from: Date | undefined, to: Date | undefined): number | undefined {
  return from && to ? (to.getTime() - from.getTime()) / 1000 : undefined
}
