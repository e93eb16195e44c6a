import type { Clock } from '../../core/clock.ts'
import { type Arns, newDeploymentId } from './arns.ts'
import { initialState, supersede, TERMINAL } from './deployment-machine.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import type { Records, RevisionRecord, ServiceRecord } from './records.ts'
import { startedByOf } from './revisions.ts'

/** What a new deployment finds: the revision that serves, and those that are to be cleared away. */
export interface Ground {
  live?: string
  stale: string[]
}

/**
 * Where the last deployment has left the service. One that succeeded or went back has left one revision. One that
 * is under way, or failed, has left two: the one that has the production traffic is live, the other is stale.
 */
export function groundOf(record: ServiceRecord, last: DeploymentRecord | undefined): Ground {
  if (!last) return { stale: [] }
  const { state, targetArn, sourceArn, staleArns } = last
  if (state.status === 'SUCCESSFUL' || state.status === 'ROLLBACK_SUCCESSFUL')
    return { live: record.revisionArn, stale: [] }
  const leftBehind = (live: string | undefined) => ({
    ...(live && { live }),
    stale: [targetArn, sourceArn, ...staleArns].filter(arn => arn !== undefined && arn !== live) as string[],
  })
  if (state.stage === 'CLEAN_UP' && !state.rollback) return leftBehind(targetArn)
  if (sourceArn) return leftBehind(sourceArn)
  const underWay = !TERMINAL.has(state.status) && last.configuration.strategy === 'ROLLING'
  return leftBehind(underWay || state.production === 100 ? targetArn : undefined)
}

/** Records a deployment of `revision` as the service's current one; the last one, if under way, is stopped. */
export function beginDeployment(
  records: Records,
  arns: Arns,
  clock: Clock,
  record: ServiceRecord,
  revision: RevisionRecord,
): ServiceRecord {
  const now = clock.now()
  const [cluster = '', name = ''] = (record.service.serviceArn ?? '').split('/').slice(-2)
  const last = records.deployments.get(record.deploymentArn)
  const ground = groundOf(record, last)
  const deployment: DeploymentRecord = {
    arn: arns.deployment(cluster, name, newDeploymentId()),
    serviceArn: record.service.serviceArn as string,
    clusterArn: record.service.clusterArn as string,
    targetArn: revision.serviceRevisionArn as string,
    ...(ground.live && { sourceArn: ground.live }),
    staleArns: ground.stale,
    configuration: record.service.deploymentConfiguration ?? {},
    state: initialState(now),
    createdAt: now,
    updatedAt: now,
    triggeredAlarms: [],
  }
  if (last && !TERMINAL.has(last.state.status))
    records.deployments.put(last.arn, {
      ...last,
      state: supersede(last.state, deployment.arn),
      finishedAt: now,
      stoppedAt: now,
      updatedAt: now,
    })
  records.revisions.put(deployment.targetArn, revision)
  records.deployments.put(deployment.arn, deployment)
  const id = startedByOf(deployment.targetArn)
  return {
    ...record,
    revisionArn: deployment.targetArn,
    deploymentArn: deployment.arn,
    steady: false,
    failures: 0,
    launchNotBefore: 0,
    deployments: [
      {
        id,
        revisionArn: deployment.targetArn,
        status: 'PRIMARY',
        createdAt: now,
        updatedAt: now,
        rolloutState: 'IN_PROGRESS',
        rolloutStateReason: `ECS deployment ${id} in progress.`,
        failedTasks: 0,
      },
      ...record.deployments.map(entry => ({ ...entry, status: 'ACTIVE' })),
    ],
  }
}
