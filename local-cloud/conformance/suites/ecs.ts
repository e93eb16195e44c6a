import assert from 'node:assert/strict'
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('AmazonECS/latest/APIReference/')

/** ECS: clusters, task definitions, services (of no tasks: what runs needs an image). */
export const ecs: Suite = {
  service: 'ecs',
  cases: ({ config }) => {
    const client = new ECSClient(config)
    async function cluster(): Promise<string> {
      const clusterName = freshName('cluster')
      await client.send(new CreateClusterCommand({ clusterName }))
      return clusterName
    }
    const register = (family: string, more: Partial<RegisterTaskDefinitionCommandInput> = {}) =>
      client.send(
        new RegisterTaskDefinitionCommand({
          family,
          requiresCompatibilities: ['FARGATE'],
          networkMode: 'awsvpc',
          cpu: '256',
          memory: '512',
          containerDefinitions: [{ name: 'app', image: 'app:1' }],
          ...more,
        }),
      )
    const describe = (taskDefinition: string) =>
      client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))
    let subnet: Promise<string> | undefined
    async function aSubnet(): Promise<string> {
      const ec2 = new EC2Client(config)
      const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.3.0.0/16' }))
      const made = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.3.0.0/24' }))
      return made.Subnet?.SubnetId as string
    }
    async function service(name: string, on: string, family = freshName('family')) {
      subnet ??= aSubnet()
      await register(family)
      return client.send(
        new CreateServiceCommand({
          serviceName: name,
          cluster: on,
          taskDefinition: family,
          desiredCount: 0,
          launchType: 'FARGATE',
          networkConfiguration: { awsvpcConfiguration: { subnets: [await subnet] } },
        }),
      )
    }

    return [
      says('API_CreateCluster.html', 'a cluster is active, and the same when made again', async () => {
        const clusterName = await cluster()
        const again = await client.send(new CreateClusterCommand({ clusterName }))
        has(again.cluster, { clusterName, status: 'ACTIVE', runningTasksCount: 0 })
      }),
      says(
        'API_DescribeClusters.html',
        'a cluster that does not exist is a failure, not an error',
        async () => {
          const none = freshName('none')
          const { clusters, failures } = await client.send(new DescribeClustersCommand({ clusters: [none] }))
          assert.deepEqual(clusters, [])
          has(failures, [{ reason: 'MISSING' }])
        },
      ),
      says('API_RegisterTaskDefinition.html', 'each registration is the next revision', async () => {
        const family = freshName('family')
        has((await register(family)).taskDefinition, { family, revision: 1, status: 'ACTIVE' })
        has((await register(family)).taskDefinition, { revision: 2 })
        has((await describe(family)).taskDefinition, { revision: 2 })
        has((await describe(`${family}:1`)).taskDefinition, { revision: 1 })
      }),
      says('API_DescribeTaskDefinition.html', 'a revision called latest does not exist', async () => {
        const family = freshName('family')
        await register(family)
        await refused(describe(`${family}:latest`), 'ClientException', 400)
        await refused(describe(freshName('none')), 'ClientException', 400)
      }),
      says('API_RegisterTaskDefinition.html', 'Fargate takes only certain pairs of CPU and memory', () =>
        refused(register(freshName('family'), { cpu: '256', memory: '4096' }), 'ClientException', 400),
      ),
      says('API_RegisterTaskDefinition.html', 'a container needs an image and a name', () =>
        refused(
          register(freshName('family'), { containerDefinitions: [{ name: 'app' }] }),
          'ClientException',
          400,
        ),
      ),
      says(
        'API_DeregisterTaskDefinition.html',
        'a deregistered revision is inactive and still described',
        async () => {
          const family = freshName('family')
          await register(family)
          await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: `${family}:1` }))
          has((await describe(`${family}:1`)).taskDefinition, { status: 'INACTIVE' })
          const { taskDefinitionArns } = await client.send(
            new ListTaskDefinitionsCommand({ familyPrefix: family }),
          )
          assert.deepEqual(taskDefinitionArns, [])
        },
      ),
      says('API_ListTaskDefinitions.html', 'revisions in order and in pages', async () => {
        const family = freshName('family')
        for (let at = 0; at < 3; at++) await register(family)
        const list = (nextToken?: string) =>
          client.send(
            new ListTaskDefinitionsCommand({ familyPrefix: family, sort: 'DESC', maxResults: 2, nextToken }),
          )
        const first = await list()
        assert.deepEqual(
          first.taskDefinitionArns?.map(arn => arn.split(':').at(-1)),
          ['3', '2'],
        )
        assert.equal((await list(first.nextToken)).taskDefinitionArns?.length, 1)
      }),
      says('API_CreateService.html', 'a service has one primary deployment', async () => {
        const on = await cluster()
        has((await service('api', on)).service, {
          serviceName: 'api',
          status: 'ACTIVE',
          desiredCount: 0,
          deployments: [{ status: 'PRIMARY' }],
        })
      }),
      says('API_CreateService.html', 'in a cluster that does not exist there is no service', () =>
        refused(service('api', freshName('none')), 'ClusterNotFoundException', 400),
      ),
      says('API_DescribeServices.html', 'a service that does not exist is a failure', async () => {
        const { services, failures } = await client.send(
          new DescribeServicesCommand({ cluster: await cluster(), services: ['none'] }),
        )
        assert.deepEqual(services, [])
        has(failures, [{ reason: 'MISSING' }])
      }),
      says('API_UpdateService.html', 'an update of no service is refused', async () => {
        await refused(
          client.send(
            new UpdateServiceCommand({ cluster: await cluster(), service: 'none', desiredCount: 1 }),
          ),
          'ServiceNotFoundException',
          400,
        )
      }),
      says('API_ListServices.html', 'services of a cluster by ARN', async () => {
        const on = await cluster()
        const made = await service('api', on)
        const { serviceArns } = await client.send(new ListServicesCommand({ cluster: on }))
        assert.deepEqual(serviceArns, [made.service?.serviceArn])
        assert.ok(serviceArns?.[0]?.endsWith(`:service/${on}/api`))
      }),
      says('API_DeleteCluster.html', 'a cluster with a service is not deleted', async () => {
        const on = await cluster()
        await service('api', on)
        const remove = () => client.send(new DeleteClusterCommand({ cluster: on }))
        await refused(remove(), 'ClusterContainsServicesException', 400)
        await client.send(new DeleteServiceCommand({ cluster: on, service: 'api', force: true }))
      }),
      says(
        'API_DescribeTasks.html',
        'a task that does not exist is a failure; it cannot be stopped',
        async () => {
          const on = await cluster()
          const task = '0123456789abcdef0123456789abcdef'
          const { failures } = await client.send(new DescribeTasksCommand({ cluster: on, tasks: [task] }))
          has(failures, [{ reason: 'MISSING' }])
          await refused(
            client.send(new StopTaskCommand({ cluster: on, task })),
            'InvalidParameterException',
            400,
          )
        },
      ),
      says('API_ListTagsForResource.html', 'a task definition keeps its tags', async () => {
        const tags = [{ key: 'team', value: 'a' }]
        const { taskDefinition } = await register(freshName('family'), { tags })
        const answer = await client.send(
          new ListTagsForResourceCommand({ resourceArn: taskDefinition?.taskDefinitionArn }),
        )
        assert.deepEqual(answer.tags, tags)
      }),
    ]
  },
}
