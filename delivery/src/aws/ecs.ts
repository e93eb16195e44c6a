import {
  ContinueServiceDeploymentCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  type DeploymentLifecycleHookAction,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  paginateListTasks,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Service,
  type ServiceDeployment,
  type ServiceDeploymentBrief,
  type ServiceRevision,
  StopServiceDeploymentCommand,
  type Task,
  type TaskDefinition,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** The calls that a release makes to ECS, and no others. */
export interface Ecs {
  /** The service; undefined when it does not exist or was deleted. */
  service(cluster: string, name: string): Promise<Service | undefined>
  registerTaskDefinition(input: RegisterTaskDefinitionCommandInput): Promise<TaskDefinition>
  taskDefinition(arn: string): Promise<TaskDefinition>
  createService(input: CreateServiceCommandInput): Promise<Service>
  updateService(input: UpdateServiceCommandInput): Promise<Service>
  /** The newest deployments of a service, newest first, at most `limit`. */
  deployments(cluster: string, service: string, limit: number): Promise<ServiceDeploymentBrief[]>
  deployment(arn: string): Promise<ServiceDeployment>
  revisions(arns: string[]): Promise<ServiceRevision[]>
  rollBack(deploymentArn: string): Promise<void>
  answerHook(deploymentArn: string, hookId: string, action: DeploymentLifecycleHookAction): Promise<void>
  tasks(cluster: string, service: string, status: 'RUNNING' | 'STOPPED'): Promise<Task[]>
}

export function createEcs(access: Access): Ecs {
  const client = new ECSClient(clientConfig(access))
  return {
    service: async (cluster, name) => {
      const { services } = await client.send(new DescribeServicesCommand({ cluster, services: [name] }))
      return services?.find(service => service.status !== 'INACTIVE')
    },
    registerTaskDefinition: async input =>
      (await client.send(new RegisterTaskDefinitionCommand(input))).taskDefinition as TaskDefinition,
    taskDefinition: async taskDefinition =>
      (await client.send(new DescribeTaskDefinitionCommand({ taskDefinition })))
        .taskDefinition as TaskDefinition,
    createService: async input => (await client.send(new CreateServiceCommand(input))).service as Service,
    updateService: async input => (await client.send(new UpdateServiceCommand(input))).service as Service,
    deployments: async (cluster, service, maxResults) =>
      (await client.send(new ListServiceDeploymentsCommand({ cluster, service, maxResults })))
        .serviceDeployments ?? [],
    deployment: async arn => {
      const { serviceDeployments } = await client.send(
        new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
      )
      const found = serviceDeployments?.[0]
      if (!found) throw new Error(`ECS does not know the deployment ${arn}`)
      return found
    },
    revisions: async serviceRevisionArns =>
      serviceRevisionArns.length === 0
        ? []
        : ((await client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns })))
            .serviceRevisions ?? []),
    rollBack: async serviceDeploymentArn => {
      await client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: 'ROLLBACK' }))
    },
    answerHook: async (serviceDeploymentArn, hookId, action) => {
      await client.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId, action }))
    },
    tasks: async (cluster, serviceName, desiredStatus) => {
      const found: Task[] = []
      for await (const page of paginateListTasks({ client }, { cluster, serviceName, desiredStatus }))
        if (page.taskArns?.length)
          found.push(
            ...((await client.send(new DescribeTasksCommand({ cluster, tasks: page.taskArns }))).tasks ?? []),
          )
      return found
    },
  }
}
