import type { Ecs } from '../aws/ecs.ts'
import { readRecords } from '../deploy/releases.ts'
import { redactText } from '../release/diagnosis/redact.ts'
import {
  type RecordedDeployment,
  type Result,
  resultsOf,
  type SuccessRate,
  successRate,
} from '../release/success-rate.ts'

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
  const records = exists ? await readRecords(ecs, cluster, service, WINDOW, limit) : []
  const results = resultsOf(
    records.map(({ status, brief, deployment, taskDefinition }) => ({
      status,
      statusReason: brief.statusReason,
      stoppedBy: authors.get(deployment)?.stoppedBy,
      taskDefinition,
    })),
  )
  const taskDefinitions = records.map(({ taskDefinition }) => taskDefinition)
  const entries = records.slice(0, limit).map((record, index): HistoryEntry => {
    const { deployment, release, digest, status, taskDefinition, registeredBy } = record
    const { createdAt, startedAt, finishedAt, statusReason } = record.brief
    const author = authors.get(deployment)
    return {
      deployment,
      release,
      commit: /^[0-9a-f]{12,40}(?=-)/.exec(release)?.[0],
      digest,
      result: results[index] ?? 'under-way',
      status,
      reason: statusReason && redactText(statusReason),
      createdAt,
      startedAt,
      finishedAt,
      waitedSeconds: between(createdAt, startedAt),
      ranSeconds: between(startedAt, finishedAt),
      seconds: between(createdAt, finishedAt),
      who: author?.who ?? (taskDefinitions.lastIndexOf(taskDefinition) === index ? registeredBy : undefined),
      evidence: author?.sequence,
    }
  })
  return {
    service,
    entries,
    rate: successRate(results),
    window: { deployments: records.length, since: records.at(-1)?.brief.createdAt },
  }
}

function between(from: Date | undefined, to: Date | undefined): number | undefined {
  return from && to ? (to.getTime() - from.getTime()) / 1000 : undefined
}
