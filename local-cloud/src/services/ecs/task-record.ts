import { randomBytes, randomUUID } from 'node:crypto'
import type { Container, LoadBalancer, NetworkConfiguration, TaskOverride } from '@aws-sdk/client-ecs'
import { type Arns, newTaskId } from './arns.ts'
import type { Stored, TaskDefinitionRecord, TaskRecord } from './records.ts'

/** What RunTask or the scheduler asks for: one task. */
export interface LaunchSpec {
  cluster: string
  clusterArn: string
  definition: TaskDefinitionRecord
  group: string
  startedBy?: string
  overrides?: TaskOverride
  launchType?: 'FARGATE'
  capacityProviderName?: string
  platformVersion?: string
  networkConfiguration?: NetworkConfiguration
  enableExecuteCommand?: boolean
  service?: string
  revisionArn?: string
  /** What to pull instead of the definition's images, by container: the digests that the revision resolved. */
  images?: Record<string, string>
  /** The target groups that it is to be registered with. */
  loadBalancers?: LoadBalancer[]
}

/** A task as it is the moment it is asked for: PROVISIONING. */
export function newTask(spec: LaunchSpec, arns: Arns, region: string, now: number): TaskRecord {
  const id = newTaskId()
  const taskArn = arns.task(spec.cluster, id)
  const attachmentId = randomUUID()
  const { definition, overrides } = spec
  const awsvpc = definition.networkMode === 'awsvpc'
  const container = ({ name, image, cpu, memory, memoryReservation }: Container & { cpu?: unknown }) =>
    ({
      containerArn: arns.container(spec.cluster, id, randomUUID()),
      taskArn,
      name,
      image,
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
      networkInterfaces: awsvpc ? [{ attachmentId, privateIpv4Address: '127.0.0.1' }] : [],
      cpu: String(cpu ?? 0),
      ...(memory !== undefined && { memory: String(memory) }),
      ...(memoryReservation !== undefined && { memoryReservation: String(memoryReservation) }),
    }) as Stored<Container>
  return {
    service: spec.service,
    revisionArn: spec.revisionArn,
    targets: [],
    processes: [],
    marker: randomBytes(24).toString('hex'),
    task: {
      taskArn,
      clusterArn: spec.clusterArn,
      taskDefinitionArn: definition.taskDefinitionArn,
      group: spec.group,
      ...(spec.startedBy !== undefined && { startedBy: spec.startedBy }),
      createdAt: now,
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      healthStatus: 'UNKNOWN',
      cpu: overrides?.cpu ?? definition.cpu,
      memory: overrides?.memory ?? definition.memory,
      containers: (definition.containerDefinitions ?? []).map(c => container(c as Container)),
      overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...overrides },
      ...(spec.launchType && { launchType: spec.launchType }),
      ...(spec.capacityProviderName && { capacityProviderName: spec.capacityProviderName }),
      platformVersion: spec.platformVersion ?? '1.4.0',
      platformFamily: 'Linux',
      availabilityZone: `${region}a`,
      enableExecuteCommand: spec.enableExecuteCommand ?? false,
      ephemeralStorage: { sizeInGiB: definition.ephemeralStorage?.sizeInGiB ?? 20 },
      attributes: [
        {
          name: 'ecs.cpu-architecture',
          value: definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64',
        },
      ],
      attachments: awsvpc ? [networkInterface(attachmentId, spec.networkConfiguration)] : [],
      version: 1,
    },
  }
}

function networkInterface(id: string, configuration: NetworkConfiguration | undefined) {
  const detail = (name: string, value: string) => ({ name, value })
  return {
    id,
    type: 'ElasticNetworkInterface',
    status: 'ATTACHED',
    details: [
      detail('subnetId', configuration?.awsvpcConfiguration?.subnets?.[0] ?? ''),
      detail('networkInterfaceId', `eni-${id.replaceAll('-', '').slice(0, 17)}`),
      detail('privateIPv4Address', '127.0.0.1'),
    ],
  }
}

/** The key of a task in the records: `cluster/id`. */
export function taskKey(record: TaskRecord): string {
  const [, cluster = '', id = ''] = (record.task.taskArn ?? '').split('/')
  return `${cluster}/${id}`
}

export const taskIdOf = (record: TaskRecord) => (record.task.taskArn ?? '').split('/').at(-1) ?? ''
