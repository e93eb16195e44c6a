import { CloudWatchLogsClient, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DeleteSubnetCommand, EC2Client, RevokeSecurityGroupIngressCommand } from '@aws-sdk/client-ec2'
import {
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  ModifyTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  CreateRoleCommand,
  DetachRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { ENVIRONMENTS, type Environment, namesOf } from '@clarity/environments'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createEcs } from '../aws/ecs.ts'
import type { HandedOnValues } from '../aws/parameters.ts'
import { createApiService } from '../release/services.ts'
import { renderRelease } from '../release/task-definitions.ts'
import type { Access, Target } from '../target.ts'
import { OPEN_DIGEST, openPreflight } from './open-preflight.ts'
import { reportLines, requirePassed } from './report.ts'
import { type PreflightReport, runPreflight } from './run-preflight.ts'
import { applyTestStacks, type TestStacks } from './test-stacks.ts'

/** A trust policy that does not let ECS take the role. */
const TRUST_IN_OTHERS = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

let stacks: TestStacks
let cloud: TestCloud
let environment: Environment
let handedOn: HandedOnValues
let amd64: string
let arm64: string

beforeAll(async () => {
  cloud = await startTestCloud()
  stacks = await applyTestStacks(cloud)
  environment = stacks.environment
  handedOn = stacks.handedOn
  amd64 = await stacks.pushImage('amd64', 'amd64')
  arm64 = await stacks.pushImage('arm64', 'arm64')
})
afterEach(() => cloud.faults.clear())
afterAll(() => cloud.dispose())

test('passes on stacks as they are, says what it could not check, and calls nothing that reads a secret', async () => {
  cloud.faults.add({
    service: 'secretsmanager',
    operation: 'GetSecretValue',
    kind: 'error',
    code: 'InternalServiceError',
    times: 1,
  })
  const report = await look()
  expect(failures(report)).toEqual({})
  expect(names(report, 'unchecked')).toEqual([])
  expect(reportLines(report).at(-1)).toMatch(/^\d+ passed, 0 failed, 0 could not be checked$/)
  expect(() => requirePassed(report, 'local')).not.toThrow()
  // the fault is still loaded: nothing came by to spring it
  expect(cloud.faults.list()).toHaveLength(1)
})

test('an image that is not pushed yet is no failure: it will be built', async () => {
  const report = await look(cloud.client, 'not-pushed')
  const [finding] = report.results.find(({ name }) => name === 'image')?.findings ?? []
  expect(finding).toMatchObject({
    outcome: 'passed',
    says: expect.stringContaining('will be built for amd64'),
  })
})

test('simulates the permissions of the role behind a session, iam:PassRole included', async () => {
  const iam = new IAMClient(cloud.client)
  const trust = TRUST_IN_OTHERS.replace(
    /"Service":"[^"]+"/,
    `"AWS":"arn:aws:iam::${environment.account}:root"`,
  )
  await iam.send(new CreateRoleCommand({ RoleName: 'releaser', AssumeRolePolicyDocument: trust }))
  const allow = async (Action: string[]) => {
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
    })
    await iam.send(new PutRolePolicyCommand({ RoleName: 'releaser', PolicyName: 'may', PolicyDocument }))
  }
  const { Credentials } = await new STSClient(cloud.client).send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${environment.account}:role/releaser`,
      RoleSessionName: 'ci',
    }),
  )
  const session = {
    ...cloud.client,
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken,
    },
  }
  const rest = [
    'ssm:*',
    'ecr:*',
    'kms:*',
    'elasticloadbalancing:*',
    'logs:*',
    'dynamodb:*',
    's3:*',
    'ec2:*',
    'sts:*',
    'iam:Get*',
    'iam:SimulatePrincipalPolicy',
  ]
  await allow([...rest, 'iam:PassRole', 'ecs:*'])
  expect(failures(await look(session))).toEqual({})

  await allow([...rest, 'ecs:Describe*', 'ecs:List*', 'ecs:RegisterTaskDefinition', 'ecs:UpdateService'])
  const { permissions = [] } = failures(await look(session))
  expect(permissions.filter(says => says.includes('iam:PassRole'))).toHaveLength(4)
  expect(permissions.join()).toContain('ecs:StopServiceDeployment, ecs:ContinueServiceDeployment')
  expect(permissions.join()).toContain('ecs:CreateService')
  expect(permissions.join()).not.toContain('ecs:UpdateService')
})

test('an image that nobody signed may come from anywhere', async () => {
  const digest = await stacks.pushImage('amd64', 'unsigned', { signed: false })
  const report = await look(cloud.client, { tag: 'unsigned', digest })
  expect(failures(report)).toEqual({ signature: [expect.stringContaining('no signed provenance')] })
  cloud.faults.add({ service: 'kms', kind: 'error', code: 'AccessDeniedException', status: 400 })
  expect(names(await look(), 'unchecked')).toContain('signature')
})

test('a refusal to answer is neither passed nor failed', async () => {
  cloud.faults.add({ service: 'iam', kind: 'error', code: 'AccessDenied', status: 403, message: 'no' })
  cloud.faults.add({ service: 'ec2', kind: 'error', code: 'UnauthorizedOperation', status: 403 })
  cloud.faults.add({ service: 'logs', kind: 'drop' })
  cloud.faults.add({ service: 'secretsmanager', kind: 'delay', delayMs: 3_600_000 })
  const report = await look(cloud.client, undefined, 1000)
  expect(failures(report)).toEqual({})
  expect(names(report, 'unchecked')).toEqual(
    expect.arrayContaining(['roles', 'secrets', 'log-groups', 'free-addresses', 'security-groups']),
  )
})

test('a caller of another account is told where to sign in', async () => {
  environment = { ...environment, account: '999999999999' }
  const { caller } = failures(await look())
  environment = { ...environment, account: ENVIRONMENTS.local.account }
  expect(caller).toEqual([expect.stringContaining('is in 999999999999')])
})

test('finds everything that is broken in one run, each with its mending', async () => {
  await breakEverything()
  const report = await look(cloud.client, { tag: 'other', digest: arm64 })
  expect(failures(report)).toEqual({
    roles: [expect.stringContaining('does not trust ecs-tasks.amazonaws.com')],
    secrets: [expect.stringContaining('is marked for deletion')],
    'execution-role': expect.arrayContaining([
      expect.stringContaining('secretsmanager:GetSecretValue'),
      expect.stringContaining('kms:Decrypt'),
      expect.stringContaining('ecr:GetAuthorizationToken'),
    ]),
    image: [expect.stringMatching(/was built for linux\/arm64, and the tasks want amd64/)],
    'log-groups': [expect.stringContaining('/ecs/clarity-backend-worker')],
    'free-addresses': [expect.stringMatching(/subnet-\w+ does not exist/)],
    'security-groups': [expect.stringMatching(/lets nothing in from sg-\w+ \(load balancer\) on port 8000/)],
    'target-groups': [
      expect.stringMatching(
        /HealthCheckIntervalSeconds differs: clarity-api-blue has 5, clarity-api-green 30/,
      ),
    ],
    rules: [
      expect.stringContaining('the production rule does not only forward: it has fixed-response'),
      expect.stringContaining('the test rule does not name clarity-api-green'),
    ],
    'no-deployment': [expect.stringMatching(/is being deployed: arn:\S+ is (PENDING|IN_PROGRESS)/)],
    timing: expect.arrayContaining([expect.stringContaining('checks every 30 s')]),
  })
  const fixes = reportLines(report).join('\n')
  for (const fix of [
    'aws iam update-assume-role-policy --role-name clarity-backend-task-role',
    'aws secretsmanager restore-secret --secret-id',
    'aws iam put-role-policy --role-name clarity-backend-execution-role',
    'aws logs create-log-group --log-group-name /ecs/clarity-backend-worker',
    'aws ec2 authorize-security-group-ingress --group-id',
    'aws elbv2 modify-target-group --target-group-arn',
    'aws elbv2 modify-rule --rule-arn',
    'clarity rollback local',
  ])
    expect(fixes).toContain(fix)
  expect(() => requirePassed(report, 'local')).toThrow(
    expect.objectContaining({
      code: 'preflight_failed',
      exitCode: 9,
      evidence: expect.arrayContaining([expect.stringContaining('✗')]),
    }),
  )
})

/** @param image the one to release; `not-pushed` for the checkout's own, which the registry does not have */
async function look(
  access: Access = cloud.client,
  image: { tag: string; digest: string } | 'not-pushed' = { tag: 'commit', digest: amd64 },
  patienceMs?: number,
): Promise<PreflightReport> {
  const target: Target = { environment, root: process.cwd(), state: cloud.state, speed: 1 }
  const opened = { target, access, handedOn, ecs: createEcs(access) }
  const world = image === 'not-pushed' ? await openPreflight(opened) : await openPreflight(opened, image)
  return runPreflight({ ...world, release: render(world.image.digest ?? OPEN_DIGEST) }, { patienceMs })
}

/** Rendered for amd64 on any machine. */
function render(digest: string) {
  return renderRelease({ environment, handedOn, digest, tag: 'commit', architecture: 'X86_64' })
}

function failures({ results }: PreflightReport): Record<string, string[]> {
  return Object.fromEntries(
    results.flatMap(({ name, findings }) => {
      const failed = findings.filter(({ outcome }) => outcome === 'failed').map(({ says }) => says)
      return failed.length > 0 ? [[name, failed]] : []
    }),
  )
}

function names({ results }: PreflightReport, outcome: string): string[] {
  return results.filter(({ findings }) => findings.some(f => f.outcome === outcome)).map(({ name }) => name)
}

async function breakEverything(): Promise<void> {
  const config = cloud.client
  const iam = new IAMClient(config)
  const names_ = namesOf(environment)
  await iam.send(
    new UpdateAssumeRolePolicyCommand({
      RoleName: names_.taskRole,
      PolicyDocument: TRUST_IN_OTHERS,
    }),
  )
  await iam.send(
    new DetachRolePolicyCommand({
      RoleName: names_.executionRole,
      PolicyArn: `arn:aws:iam::${environment.account}:policy/${names_.executionRole}-policy`,
    }),
  )
  await new SecretsManagerClient(config).send(
    new DeleteSecretCommand({ SecretId: handedOn['gemini-secret-arn'], RecoveryWindowInDays: 7 }),
  )
  await new CloudWatchLogsClient(config).send(
    new DeleteLogGroupCommand({ logGroupName: names_.workerLogGroup }),
  )
  const [subnet] = handedOn['private-subnet-ids'].split(',')
  // the service takes the subnets before one of them goes
  await startDeployment()
  const ec2 = new EC2Client(config)
  await ec2.send(new DeleteSubnetCommand({ SubnetId: subnet }))
  await ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId: handedOn['task-security-group-id'],
      IpPermissions: [
        {
          IpProtocol: 'tcp',
          FromPort: 8000,
          ToPort: 8000,
          UserIdGroupPairs: [{ GroupId: handedOn['load-balancer-security-group-id'] }],
        },
      ],
    }),
  )
  const balancing = new ElasticLoadBalancingV2Client(config)
  await balancing.send(
    new ModifyTargetGroupCommand({
      TargetGroupArn: handedOn['green-target-group-arn'],
      HealthCheckIntervalSeconds: 30,
    }),
  )
  await balancing.send(
    new ModifyRuleCommand({
      RuleArn: handedOn['production-rule-arn'],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
    }),
  )
  await balancing.send(
    new ModifyRuleCommand({
      RuleArn: handedOn['test-rule-arn'],
      Actions: [{ Type: 'forward', TargetGroupArn: handedOn['blue-target-group-arn'] }],
    }),
  )
}

/** A service whose image cannot be pulled: its deployment does not end by itself. */
async function startDeployment(): Promise<void> {
  const ecs = createEcs(cloud.client)
  const { taskDefinitionArn = '' } = await ecs.registerTaskDefinition(render(`sha256:${'1'.repeat(64)}`).api)
  await ecs.createService(createApiService(environment, handedOn, taskDefinitionArn))
}
