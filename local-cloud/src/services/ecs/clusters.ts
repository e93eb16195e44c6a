import type {
  Cluster,
  CreateClusterRequest,
  DeleteClusterRequest,
  DescribeClustersRequest,
  ListClustersRequest,
  PutClusterCapacityProvidersRequest,
  UpdateClusterRequest,
  UpdateClusterSettingsRequest,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation } from '../../core/service.ts'
import { type Arns, lastPart } from './arns.ts'
import { CAPACITY_PROVIDERS, checkStrategy } from './capacity-providers.ts'
import { clusterNotFound, invalidParameter } from './errors.ts'
import { page } from './pages.ts'
import { type ClusterRecord, dated, type Records } from './records.ts'
import { setTags, tagsOf } from './tags.ts'

export function clusterOperations(records: Records, arns: Arns): Record<string, Operation> {
  function createCluster(input: CreateClusterRequest) {
    const name = input.clusterName ?? 'default'
    if (!/^[\w-]{1,255}$/.test(name)) throw invalidParameter(`Invalid cluster name '${name}'.`)
    checkProviders(input.capacityProviders)
    const known = records.clusters.get(name)
    const arn = arns.cluster(name)
    const cluster: ClusterRecord =
      known?.status === 'ACTIVE'
        ? known
        : {
            clusterArn: arn,
            clusterName: name,
            status: 'ACTIVE',
            settings: input.settings ?? [{ name: 'containerInsights', value: 'disabled' }],
            configuration: input.configuration,
            capacityProviders: input.capacityProviders ?? [],
            defaultCapacityProviderStrategy: input.defaultCapacityProviderStrategy ?? [],
          }
    records.clusters.put(name, cluster)
    setTags(records, arn, input.tags)
    return { cluster: show(cluster, ['SETTINGS', 'TAGS', 'CONFIGURATIONS']) }
  }

  function describeClusters(input: DescribeClustersRequest) {
    const clusters: Cluster[] = []
    const failures: object[] = []
    for (const wanted of input.clusters?.length ? input.clusters : ['default']) {
      const found = records.clusters.get(lastPart(wanted))
      if (found) clusters.push(show(found, input.include ?? []))
      else failures.push({ arn: arns.cluster(lastPart(wanted)), reason: 'MISSING' })
    }
    return { clusters, failures }
  }

  function listClusters(input: ListClustersRequest) {
    const all = records.clusters.list().filter(cluster => cluster.status === 'ACTIVE')
    const { items, nextToken } = page(all, input)
    return { clusterArns: items.map(cluster => cluster.clusterArn), nextToken }
  }

  function deleteCluster(input: DeleteClusterRequest) {
    const cluster = findCluster(records, input.cluster)
    const name = cluster.clusterName as string
    const refuse = (what: string, why: string) => new AwsError(`ClusterContains${what}Exception`, why)
    const { activeServicesCount, runningTasksCount = 0, pendingTasksCount = 0 } = counts(name)
    if (activeServicesCount)
      throw refuse('Services', 'The Cluster cannot be deleted while Services are active.')
    if (runningTasksCount + pendingTasksCount)
      throw refuse('Tasks', 'The Cluster cannot be deleted while Tasks are active.')
    const deleted = { ...cluster, status: 'INACTIVE' }
    records.clusters.put(name, deleted)
    return { cluster: show(deleted, []) }
  }

  function change(name: string | undefined, fields: Partial<ClusterRecord>) {
    const cluster = { ...findCluster(records, name), ...fields }
    records.clusters.put(cluster.clusterName as string, cluster)
    return { cluster: show(cluster, ['SETTINGS', 'CONFIGURATIONS']) }
  }

  function putClusterCapacityProviders(input: PutClusterCapacityProvidersRequest) {
    const { capacityProviders, defaultCapacityProviderStrategy } = input
    checkProviders(capacityProviders)
    checkStrategy(defaultCapacityProviderStrategy, undefined)
    return change(input.cluster, { capacityProviders, defaultCapacityProviderStrategy })
  }

  function show(cluster: ClusterRecord, include: string[]): Cluster {
    const { settings, configuration, ...rest } = cluster
    return {
      ...dated<Cluster>(rest),
      ...counts(cluster.clusterName as string),
      registeredContainerInstancesCount: 0,
      statistics: [],
      settings: include.includes('SETTINGS') ? settings : [],
      ...(include.includes('CONFIGURATIONS') && configuration ? { configuration } : {}),
      tags: include.includes('TAGS') ? tagsOf(records, cluster.clusterArn as string) : [],
    }
  }

  function counts(name: string) {
    const tasks = records.tasks.list(`${name}/`).map(({ task }) => task.lastStatus)
    return {
      runningTasksCount: tasks.filter(status => status === 'RUNNING').length,
      pendingTasksCount: tasks.filter(status => status === 'PENDING' || status === 'PROVISIONING').length,
      activeServicesCount: records.services.list(`${name}/`).filter(s => s.service.status === 'ACTIVE')
        .length,
    }
  }

  return {
    CreateCluster: createCluster,
    DescribeClusters: describeClusters,
    ListClusters: listClusters,
    DeleteCluster: deleteCluster,
    UpdateCluster: ({ cluster, settings, configuration }: UpdateClusterRequest) =>
      change(cluster, { ...(settings && { settings }), ...(configuration && { configuration }) }),
    UpdateClusterSettings: ({ cluster, settings }: UpdateClusterSettingsRequest) =>
      change(cluster, { settings }),
    PutClusterCapacityProviders: putClusterCapacityProviders,
  }
}

/** @throws ClusterNotFoundException when the cluster is unknown or deleted */
export function findCluster(records: Records, nameOrArn = 'default'): ClusterRecord {
  const cluster = records.clusters.get(lastPart(nameOrArn))
  if (cluster?.status !== 'ACTIVE') throw clusterNotFound()
  return cluster
}

function checkProviders(names: string[] | undefined): void {
  const unknown = names?.find(name => !CAPACITY_PROVIDERS.includes(name))
  if (unknown)
    throw invalidParameter(
      `The specified capacity provider '${unknown}' was not found; only FARGATE is here.`,
    )
}
