import type { Deployment, Service } from '@aws-sdk/client-ecs'
import { serviceKeyOf } from './arns.ts'
import { TERMINAL } from './deployment-machine.ts'
import type { Events } from './events.ts'
import { dated, type Records, type ServiceRecord, type TaskRecord } from './records.ts'
import { tagsOf } from './tags.ts'

const PENDING = new Set(['PROVISIONING', 'PENDING', 'ACTIVATING'])

/** The tasks of a service that have not ended. */
export function tasksOf(records: Records, serviceKey: string): TaskRecord[] {
  const [cluster = '', name] = serviceKey.split('/')
  return records.tasks
    .list(`${cluster}/`)
    .filter(({ service, task }) => service === name && task.lastStatus !== 'STOPPED')
}

/** Running and pending tasks of a revision. */
export function revisionCounts(records: Records, revisionArn: string) {
  return countsOf(
    tasksOf(records, serviceKeyOf(revisionArn)).filter(task => task.revisionArn === revisionArn),
  )
}

/** As AWS counts: what is being stopped is neither running nor pending once it leaves RUNNING. */
export function countsOf(tasks: TaskRecord[]): { running: number; pending: number } {
  return {
    running: tasks.filter(({ task }) => task.lastStatus === 'RUNNING').length,
    pending: tasks.filter(({ task }) => PENDING.has(task.lastStatus ?? '')).length,
  }
}

/** A service as DescribeServices answers it. */
export function showService(
  records: Records,
  events: Events,
  record: ServiceRecord,
  withTags = false,
): Service {
  const { service } = record
  const [cluster = '', name = ''] = (service.serviceArn ?? '').split('/').slice(-2)
  const tasks = tasksOf(records, `${cluster}/${name}`)
  const { running, pending } = countsOf(tasks)
  const revisions = record.deployments.map(({ revisionArn }) => revisionArn)
  const byRevision = (arn: string) => countsOf(tasks.filter(task => task.revisionArn === arn))
  const deployment = records.deployments.get(record.deploymentArn)
  const shownDesired = (arn: string) =>
    arn === record.revisionArn || arn === deployment?.sourceArn ? (service.desiredCount ?? 0) : 0
  return {
    ...dated<Service>(service),
    runningCount: running,
    pendingCount: pending,
    currentServiceDeployment: record.deploymentArn,
    currentServiceRevisions: revisions.map(arn => ({
      arn,
      requestedTaskCount: shownDesired(arn),
      runningTaskCount: byRevision(arn).running,
      pendingTaskCount: byRevision(arn).pending,
    })),
    deployments: record.deployments.map(({ revisionArn, ...entry }): Deployment => {
      const revision = records.revisions.get(revisionArn)
      const counts = byRevision(revisionArn)
      const over = deployment !== undefined && TERMINAL.has(deployment.state.status)
      return {
        ...dated<Deployment>(entry),
        taskDefinition: revision?.taskDefinition,
        desiredCount: entry.status === 'PRIMARY' || !over ? shownDesired(revisionArn) : 0,
        runningCount: counts.running,
        pendingCount: counts.pending,
        launchType: revision?.launchType,
        capacityProviderStrategy: revision?.capacityProviderStrategy,
        platformVersion: revision?.platformVersion,
        platformFamily: revision?.platformFamily,
        networkConfiguration: revision?.networkConfiguration,
      }
    }),
    events: events.list(cluster, name),
    ...(withTags && { tags: tagsOf(records, service.serviceArn as string) }),
  }
}
