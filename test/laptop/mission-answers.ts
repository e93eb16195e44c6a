import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  StopServiceDeploymentCommand,
} from '@aws-sdk/client-ecs'
import { GetPolicyCommand, IAMClient, ListAttachedRolePoliciesCommand } from '@aws-sdk/client-iam'
import { describe, expect, test } from 'vitest'
import type { Laptop } from '../support/laptop.ts'
import { until } from '../support/until.ts'
import { type AwsCommand, awsOn, CLIS, clientOf } from './aws-command.ts'
import { missionCommands } from './mission.ts'

/** Runs one command of the page, as it stands there, and looks whether it did what the page says. */
type Check = (aws: AwsCommand, args: string[], laptop: Laptop) => Promise<void>

const CLUSTER = 'clarity-backend-cluster'
const SERVICE = 'clarity-backend-service'

/**
 * Every AWS CLI command of the mission's page, verbatim but for `--endpoint-url`. Where the page is mistaken, the test
 * is named after the mistake, shows that AWS refuses the command, and runs the corrected one.
 */
export function missionAnswers(laptop: () => Laptop): void {
  const page = missionCommands()
  const cli = CLIS.findLast(({ version }) => !version.startsWith('1.'))
  if (!page || !cli) {
    test.skip(`the mission's AWS commands: ${page ? 'no awscli 2' : 'no page'} on this machine`)
    return
  }
  describe("the mission's AWS commands", () => {
    test.runIf(page.complete)('are all checked here', () => {
      expect(page.commands.toSorted()).toEqual(Object.keys(CHECKS).sort())
    })
    for (const command of page.commands) {
      const known = CHECKS[command]
      if (!known) {
        test.skip(`${command}: not the mission's`)
        continue
      }
      const { mistake, check } = known
      test(mistake ? `${command} (${mistake})` : command, () =>
        check(awsOn(laptop(), cli.command), command.split(/\s+/).slice(1), laptop()),
      )
    }
  })
}

const CHECKS: Record<string, { mistake?: string; check: Check }> = {
  'aws ecr get-login-password --region us-east-1': {
    check: async (aws, args, { endpoint }) => {
      const password = (await aws.text(args)).trim()
      // what `docker login --username AWS --password-stdin` does with it
      const login = (secret: string) =>
        fetch(`${endpoint}/v2/`, {
          headers: { authorization: `Basic ${Buffer.from(`AWS:${secret}`).toString('base64')}` },
        })
      expect((await login(password)).status).toBe(200)
      expect((await login(`${password}x`)).status).toBe(401)
    },
  },
  'aws ecs register-task-definition --cli-input-json file://ops/ecs-task-definition.json': {
    check: async (aws, args, laptop) => {
      const folder = await mkdtemp(join(tmpdir(), 'clarity-ops-'))
      const { data } = (await laptop.clarity('render', 'local')).last
      await mkdir(join(folder, 'ops'))
      await writeFile(join(folder, 'ops/ecs-task-definition.json'), JSON.stringify(data.api))
      const { taskDefinition } = await aws.json(args, folder)
      await rm(folder, { recursive: true })
      expect(taskDefinition).toMatchObject({ family: 'clarity-backend', status: 'ACTIVE' })
      expect(taskDefinition.containerDefinitions[0].image).toBe(data.api.containerDefinitions[0].image)
      const ecs = new ECSClient(await clientOf(laptop))
      expect((await newestDefinition(ecs))?.revision).toBe(taskDefinition.revision)
    },
  },
  [`aws ecs update-service --cluster ${CLUSTER} --service ${SERVICE} --task-definition clarity-backend:latest`]:
    {
      mistake: 'a revision is a number: without one the newest is meant',
      check: async (aws, args, laptop) => {
        await expect(aws.text(args)).rejects.toMatchObject({
          stderr: expect.stringMatching(/\((Client|InvalidParameter)Exception\).*UpdateService/s),
        })
        const { service } = await aws.json(args.map(arg => arg.replace(':latest', '')))
        const ecs = new ECSClient(await clientOf(laptop))
        const taskDefinition = (await newestDefinition(ecs))?.taskDefinitionArn ?? ''
        expect(service).toMatchObject({ serviceName: SERVICE, status: 'ACTIVE', taskDefinition })
        await seeMoveAndTakeBack(ecs, taskDefinition)
      },
    },
  'aws logs tail /ecs/clarity-backend --follow': {
    check: async (aws, args, { baseUrl }) => {
      const tail = await aws.start(args)
      const marker = `/api/v1/uploads/${crypto.randomUUID()}`
      let shown = ''
      tail.stdout?.on('data', data => {
        shown += data
      })
      try {
        const { headers } = await fetch(baseUrl + marker)
        const id = headers.get('x-request-id')
        expect(id).toBeTruthy()
        await until(async () => shown.includes(String(id)) || undefined)
      } finally {
        tail.kill()
        await once(tail, 'exit')
      }
    },
  },
  [`aws ecs describe-tasks --cluster ${CLUSTER} --tasks <task-arn>`]: {
    check: async (aws, args, laptop) => {
      const ecs = new ECSClient(await clientOf(laptop))
      const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: CLUSTER }))
      const { tasks, failures } = await aws.json(
        args.map(arg => arg.replace('<task-arn>', String(taskArns[0]))),
      )
      expect(failures).toEqual([])
      expect(tasks).toMatchObject([{ taskArn: taskArns[0], lastStatus: 'RUNNING' }])
    },
  },
  'aws dynamodb list-tables --region us-east-1': {
    check: async (aws, args) => {
      expect((await aws.json(args)).TableNames).toContain('clarity-health-data')
    },
  },
  'aws iam get-role-policy --role-name clarity-backend-task-role': {
    mistake: 'the name of the policy is missing, and the role has a managed one',
    check: async (aws, args, laptop) => {
      await expect(aws.text(args)).rejects.toMatchObject({
        stderr: expect.stringContaining('--policy-name'),
      })
      const iam = new IAMClient(await clientOf(laptop))
      const RoleName = args.at(-1)
      const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))
      const PolicyArn = String(AttachedPolicies?.[0]?.PolicyArn)
      const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))
      const version = ['--version-id', String(Policy?.DefaultVersionId)]
      const answer = await aws.json(['iam', 'get-policy-version', '--policy-arn', PolicyArn, ...version])
      expect(JSON.stringify(answer.PolicyVersion.Document)).toContain('dynamodb:')
    },
  },
  [`aws ecs describe-services --cluster ${CLUSTER} --services ${SERVICE}`]: {
    check: async (aws, args) => {
      const { services, failures } = await aws.json(args)
      expect(failures).toEqual([])
      expect(services).toMatchObject([{ serviceName: SERVICE, status: 'ACTIVE' }])
      expect(services[0].runningCount).toBeGreaterThanOrEqual(2)
      expect(services[0].events[0]).toMatchObject({ message: expect.stringContaining(SERVICE) })
    },
  },
}

/**
 * Waits until tasks of the new definition run, then leaves the laptop as it was. By the SDK, which is quicker to start
 * and, unlike this awscli, knows of service deployments.
 */
async function seeMoveAndTakeBack(ecs: ECSClient, definition: string): Promise<void> {
  await until(async () => {
    const { taskArns } = await ecs.send(new ListTasksCommand({ cluster: CLUSTER, serviceName: SERVICE }))
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }))
    const moved = tasks.filter(task => task.taskDefinitionArn === definition && task.lastStatus === 'RUNNING')
    return moved.length >= 2 || undefined
  })
  const newest = async () => {
    const { serviceDeployments = [] } = await ecs.send(
      new ListServiceDeploymentsCommand({ cluster: CLUSTER, service: SERVICE }),
    )
    return serviceDeployments[0]
  }
  const serviceDeploymentArn = (await newest())?.serviceDeploymentArn
  await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: 'ROLLBACK' }))
  await until(async () => (await newest())?.status === 'ROLLBACK_SUCCESSFUL' || undefined)
}

async function newestDefinition(ecs: ECSClient) {
  return (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'clarity-backend' })))
    .taskDefinition
}
