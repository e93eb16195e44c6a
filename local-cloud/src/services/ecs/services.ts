import type {
  CreateServiceRequest,
  DeleteServiceRequest,
  DeploymentAlarms,
  DescribeServicesRequest,
  ListServicesRequest,
  Service,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs'
import type { Clock } from '../../core/clock.ts'
import type { Invoke, Operation, RequestContext } from '../../core/service.ts'
import { type Arns, lastPart } from './arns.ts'
import { beginDeployment, groundOf } from './begin-deployment.ts'
import { checkStrategy } from './capacity-providers.ts'
import { findCluster } from './clusters.ts'
import { supersede, TERMINAL } from './deployment-machine.ts'
import { invalidParameter, quote, serviceNotActive, serviceNotFound, unsupported } from './errors.ts'
import type { Events } from './events.ts'
import type { ImageStore } from './image-store.ts'
import { page } from './pages.ts'
import type { Records, ServiceRecord, Stored, TaskDefinitionRecord } from './records.ts'
import { makeRevision } from './revisions.ts'
import { checkDeploymentConfiguration, checkLoadBalancers } from './service-rules.ts'
import { changedService, configurationOf, needsDeployment, refuseWhatIsNotHere } from './service-settings.ts'
import { showService, tasksOf } from './service-view.ts'
import { setTags, tagsOf } from './tags.ts'
import { findTaskDefinition } from './task-definitions.ts'
import { checkLaunchType, checkNetwork } from './tasks.ts'
import type { Traffic } from './traffic.ts'

/** Most services of one description. */
const MOST_DESCRIBED = 10
export interface ServiceWorld {
  records: Records
  arns: Arns
  clock: Clock
  events: Events
  images: ImageStore
  traffic: Traffic
  invoke: Invoke
  kick: (serviceKey: string) => void
}

export function serviceOperations(world: ServiceWorld): Record<string, Operation> {
  const { records, arns, clock, events, traffic, invoke, kick } = world

  async function createService(input: CreateServiceRequest, { caller }: RequestContext) {
    const cluster = findCluster(records, input.cluster)
    const { serviceName: name = '', desiredCount = input.schedulingStrategy === 'DAEMON' ? 0 : 1 } = input
    if (!/^[\w-]{1,255}$/.test(name)) throw invalidParameter(`Invalid service name '${name}'.`)
    const key = `${cluster.clusterName}/${name}`
    const known = records.services.get(key)?.service.status
    if (known === 'ACTIVE') throw invalidParameter('Creation of service was not idempotent.')
    if (known === 'DRAINING') throw invalidParameter('Unable to Start a service that is still Draining.')
    if (input.schedulingStrategy === 'DAEMON')
      throw invalidParameter('Fargate does not support the DAEMON strategy.')
    refuseWhatIsNotHere(input)
    const definition = findTaskDefinition(records, input.taskDefinition)
    const service: Stored<Service> = {
      serviceArn: arns.service(cluster.clusterName as string, name),
      serviceName: name,
      clusterArn: cluster.clusterArn,
      loadBalancers: input.loadBalancers ?? [],
      serviceRegistries: [],
      status: 'ACTIVE',
      desiredCount,
      ...launchOf(input, cluster.defaultCapacityProviderStrategy),
      platformVersion: input.platformVersion ?? 'LATEST',
      platformFamily: 'Linux',
      taskDefinition: definition.taskDefinitionArn,
      deploymentConfiguration: configurationOf(input),
      deploymentController: { type: 'ECS' },
      createdAt: clock.now(),
      createdBy: caller.arn,
      placementConstraints: [],
      placementStrategy: [],
      networkConfiguration: input.networkConfiguration,
      healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
      schedulingStrategy: 'REPLICA',
      enableECSManagedTags: input.enableECSManagedTags ?? false,
      propagateTags: input.propagateTags ?? 'NONE',
      enableExecuteCommand: input.enableExecuteCommand ?? false,
      availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? 'ENABLED',
    }
    await check(service, definition)
    const revision = await makeRevision(service, definition, undefined, world)
    const record: ServiceRecord = {
      service,
      revisionArn: '',
      deployments: [],
      deploymentArn: '',
      failures: 0,
      launchNotBefore: 0,
    }
    records.store.transaction(() => {
      events.forget(cluster.clusterName as string, name)
      records.services.put(key, beginDeployment(records, arns, clock, record, revision))
      records.tags.delete(service.serviceArn as string)
      setTags(records, service.serviceArn as string, input.tags)
    })
    kick(key)
    return { service: show(key, true) }
  }

  async function updateService(input: UpdateServiceRequest) {
    const before = findService(records, input.cluster, input.service)
    const key = keyOf(before)
    if (before.service.status !== 'ACTIVE') throw serviceNotActive()
    refuseWhatIsNotHere(input)
    if (input.desiredCount !== undefined && !(input.desiredCount >= 0))
      throw invalidParameter(`desiredCount ${input.desiredCount} must not be negative.`)
    const definition = input.taskDefinition
      ? findTaskDefinition(records, input.taskDefinition)
      : findTaskDefinition(records, before.service.taskDefinition)
    const changed = changedService(before.service, input, definition)
    await check(changed, definition)
    const deploys = needsDeployment(before.service, changed, input)
    const live = deploys ? groundOf(before, records.deployments.get(before.deploymentArn)).live : undefined
    const revision = deploys
      ? await makeRevision(changed, definition, live ? records.revisions.get(live) : undefined, world)
      : undefined
    records.store.transaction(() => {
      // The scheduler may have written meanwhile; what it keeps is taken from the present record.
      const now = records.services.get(key) ?? before
      const record = { ...now, service: changed, steady: false }
      records.services.put(key, revision ? beginDeployment(records, arns, clock, record, revision) : record)
    })
    kick(key)
    return { service: show(key) }
  }

  async function check(service: Stored<Service>, definition: TaskDefinitionRecord): Promise<void> {
    const balancers = service.loadBalancers ?? []
    const { strategy = 'ROLLING' } = service.deploymentConfiguration ?? {}
    checkDeploymentConfiguration(service.deploymentConfiguration ?? {})
    checkNetwork(definition, service.networkConfiguration)
    checkStrategy(service.capacityProviderStrategy, service.launchType)
    checkLoadBalancers(balancers, strategy, definition)
    await checkAlarms(service.deploymentConfiguration?.alarms)
    const groups = balancers.map(balancer => balancer.targetGroupArn ?? '')
    if (groups.length === 0) return
    const unused = await traffic.unused(groups).catch(error => {
      throw invalidParameter(quote(error))
    })
    if (unused.length > 0)
      throw invalidParameter(
        `The target group with targetGroupArn ${unused[0]} does not have an associated load balancer.`,
      )
  }

  async function checkAlarms(alarms: DeploymentAlarms | undefined): Promise<void> {
    if (!alarms?.enable) return
    if (!alarms.alarmNames?.length) throw invalidParameter('alarmNames must not be empty.')
    await invoke(
      'monitoring',
      'DescribeAlarms',
      { AlarmNames: alarms.alarmNames },
      'ecs.amazonaws.com',
    ).catch(error => {
      throw unsupported(`The alarms cannot be watched: ${quote(error)}`)
    })
  }

  function deleteService(input: DeleteServiceRequest) {
    const record = findService(records, input.cluster, input.service)
    const key = keyOf(record)
    if (record.service.status === 'INACTIVE') throw serviceNotActive()
    if ((record.service.desiredCount ?? 0) > 0 && !input.force)
      throw invalidParameter('The service cannot be stopped while it is scaled above 0.')
    const deployment = records.deployments.get(record.deploymentArn)
    const now = clock.now()
    records.store.transaction(() => {
      if (deployment && !TERMINAL.has(deployment.state.status))
        records.deployments.put(deployment.arn, {
          ...deployment,
          state: supersede(deployment.state, 'the service was deleted'),
          finishedAt: now,
          stoppedAt: now,
          updatedAt: now,
        })
      const status = tasksOf(records, key).length > 0 ? 'DRAINING' : 'INACTIVE'
      records.services.put(key, { ...record, service: { ...record.service, status, desiredCount: 0 } })
    })
    kick(key)
    return { service: show(key) }
  }

  function describeServices(input: DescribeServicesRequest) {
    const cluster = findCluster(records, input.cluster)
    const wanted = input.services ?? []
    if (wanted.length === 0) throw invalidParameter('Services cannot be empty.')
    if (wanted.length > MOST_DESCRIBED)
      throw invalidParameter(`Services cannot be more than ${MOST_DESCRIBED}.`)
    const services: Service[] = []
    const failures: object[] = []
    for (const name of wanted) {
      const record = records.services.get(`${cluster.clusterName}/${lastPart(name)}`)
      if (record) services.push(showService(records, events, record, input.include?.includes('TAGS')))
      else
        failures.push({ arn: arns.service(cluster.clusterName as string, lastPart(name)), reason: 'MISSING' })
    }
    return { services, failures }
  }

  function listServices(input: ListServicesRequest) {
    const cluster = findCluster(records, input.cluster)
    const all = records.services
      .list(`${cluster.clusterName}/`)
      .filter(({ service }) => service.status !== 'INACTIVE')
      .filter(({ service }) => !input.launchType || service.launchType === input.launchType)
      .map(({ service }) => service.serviceArn)
    const { items, nextToken } = page(all, input)
    return { serviceArns: items, nextToken }
  }

  function show(key: string, withTags = false): Service {
    return showService(records, events, records.services.get(key) as ServiceRecord, withTags)
  }

  return {
    CreateService: createService,
    UpdateService: updateService,
    DeleteService: deleteService,
    DescribeServices: describeServices,
    ListServices: listServices,
  }
}

/** @throws ServiceNotFoundException for a service that never was */
export function findService(records: Records, cluster: string | undefined, service = ''): ServiceRecord {
  const named = /:service\/([^/]+)\/[^/]+$/.exec(service)?.[1]
  const { clusterName } = findCluster(records, cluster ?? named)
  const record = records.services.get(`${clusterName}/${lastPart(service)}`)
  if (!record) throw serviceNotFound()
  return record
}

/** The tags that a service's tasks get. */
export function taskTags(records: Records, { service }: ServiceRecord, definitionArn: string) {
  const own =
    service.propagateTags === 'SERVICE'
      ? tagsOf(records, service.serviceArn as string)
      : service.propagateTags === 'TASK_DEFINITION'
        ? tagsOf(records, definitionArn)
        : []
  const managed = service.enableECSManagedTags
    ? [
        { key: 'aws:ecs:serviceName', value: service.serviceName },
        { key: 'aws:ecs:clusterName', value: lastPart(service.clusterArn ?? '') },
      ]
    : []
  return [...own, ...managed]
}

/** A strategy given, the cluster's own where neither it nor a launch type is given, or Fargate. */
function launchOf(
  { launchType, capacityProviderStrategy: given }: CreateServiceRequest,
  usual: CreateServiceRequest['capacityProviderStrategy'],
): Pick<Service, 'launchType' | 'capacityProviderStrategy'> {
  checkStrategy(given, launchType)
  const strategy = given?.length ? given : launchType ? undefined : usual
  if (strategy?.length) return { capacityProviderStrategy: strategy }
  return { launchType: checkLaunchType(launchType) ?? 'FARGATE' }
}

function keyOf({ service }: ServiceRecord): string {
  return `${lastPart(service.clusterArn ?? '')}/${service.serviceName}`
}
