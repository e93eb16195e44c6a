import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { MortalCloud } from './cloud.ts'
import { IMAGE, pushImage } from './image.ts'

/** Of a task: the process, and whether it has left service for good. */
export interface SeenTask {
  pid: number
  drained: boolean
}

/** A service of two tasks behind a load balancer, in rolling deployments. */
export interface ChaosService {
  url: string
  create(): Promise<void>
  /** Begins the deployment of a new release. @returns its number */
  deploy(): Promise<number>
  tasks(): Promise<SeenTask[]>
  /** Ports of the targets that the load balancer lets finish. */
  drainingPorts(): Promise<number[]>
  /** The release of a service that is steady; undefined while it moves. */
  settled(): Promise<number | undefined>
}

const CLUSTER = 'chaos'
const SERVICE = 'api'

export function createService(cloud: MortalCloud, port: number): ChaosService {
  const config = { region: 'us-east-1', maxAttempts: 1, endpoint: cloud.endpoint, credentials: cloud.key }
  const ecs = new ECSClient(config)
  const elb = new ElasticLoadBalancingV2Client(config)
  const releases = new Map<string, number>()
  let newest = 0
  let TargetGroupArn = ''

  /** Signs by the cloud's clock. */
  const inTime = <C extends ECSClient | ElasticLoadBalancingV2Client>(client: C): C => {
    client.config.systemClockOffset = cloud.offset()
    return client
  }

  async function register(): Promise<string> {
    const release = ++newest
    const { taskDefinition } = await inTime(ecs).send(
      new RegisterTaskDefinitionCommand({
        family: 'api',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        executionRoleArn: 'arn:aws:iam::124355672559:role/execution',
        runtimePlatform: { cpuArchitecture: process.arch === 'arm64' ? 'ARM64' : 'X86_64' },
        containerDefinitions: [
          {
            name: 'web',
            image: IMAGE,
            stopTimeout: 2,
            portMappings: [{ containerPort: 8000 }],
            environment: [{ name: 'RELEASE', value: String(release) }],
          },
        ],
      }),
    )
    const arn = String(taskDefinition?.taskDefinitionArn)
    releases.set(arn, release)
    return arn
  }

  async function create(): Promise<void> {
    await pushImage(cloud)
    await inTime(ecs).send(new CreateClusterCommand({ clusterName: CLUSTER }))
    const { LoadBalancers } = await inTime(elb).send(
      new CreateLoadBalancerCommand({ Name: 'chaos', Subnets: ['subnet-1', 'subnet-2'] }),
    )
    const { TargetGroups } = await elb.send(
      new CreateTargetGroupCommand({
        Name: 'chaos',
        Protocol: 'HTTP',
        Port: 8000,
        VpcId: 'vpc-1',
        TargetType: 'ip',
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
        UnhealthyThresholdCount: 2,
      }),
    )
    TargetGroupArn = String(TargetGroups?.[0]?.TargetGroupArn)
    const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '5' }]
    await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }))
    await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
        Protocol: 'HTTP',
        Port: port,
        DefaultActions: [{ Type: 'forward', TargetGroupArn }],
      }),
    )
    await ecs.send(
      new CreateServiceCommand({
        cluster: CLUSTER,
        serviceName: SERVICE,
        taskDefinition: await register(),
        desiredCount: 2,
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
        loadBalancers: [{ targetGroupArn: TargetGroupArn, containerName: 'web', containerPort: 8000 }],
      }),
    )
  }

  async function tasks(): Promise<SeenTask[]> {
    const lists = await Promise.all(
      (['RUNNING', 'STOPPED'] as const).map(desiredStatus =>
        inTime(ecs).send(new ListTasksCommand({ cluster: CLUSTER, serviceName: SERVICE, desiredStatus })),
      ),
    )
    const arns = lists.flatMap(({ taskArns = [] }) => taskArns).slice(0, 100)
    if (arns.length === 0) return []
    const { tasks: described = [] } = await ecs.send(
      new DescribeTasksCommand({ cluster: CLUSTER, tasks: arns }),
    )
    return described.flatMap(({ containers, lastStatus = '' }) => {
      const pid = Number(containers?.[0]?.runtimeId?.split('-').at(-1))
      return pid ? [{ pid, drained: ['STOPPING', 'DEPROVISIONING', 'STOPPED'].includes(lastStatus) }] : []
    })
  }

  return {
    url: `http://127.0.0.1:${port}/`,
    create,
    deploy: async () => {
      const taskDefinition = await register()
      await inTime(ecs).send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, taskDefinition }))
      return releases.get(taskDefinition) as number
    },
    tasks,
    drainingPorts: async () => {
      const { TargetHealthDescriptions = [] } = await inTime(elb).send(
        new DescribeTargetHealthCommand({ TargetGroupArn }),
      )
      return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === 'draining').map(
        ({ Target }) => Number(Target?.Port),
      )
    },
    settled: async () => {
      const { services } = await inTime(ecs).send(
        new DescribeServicesCommand({ cluster: CLUSTER, services: [SERVICE] }),
      )
      const { deployments = [], runningCount, desiredCount } = services?.[0] ?? {}
      const [only] = deployments
      const steady =
        deployments.length === 1 && only?.rolloutState === 'COMPLETED' && runningCount === desiredCount
      return steady ? releases.get(String(only.taskDefinition)) : undefined
    },
  }
}
