import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../core/store.ts'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createAuthorizer } from './authorize.ts'
import { createIam } from './iam.ts'

let cloud: TestCloud
let iam: IAMClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createIam] })
  iam = new IAMClient(cloud.client)
})
afterAll(() => cloud.dispose())

const EXECUTION = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'
const trust = (service: string) =>
  JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  })
const role = (RoleName: string) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust('ecs-tasks.amazonaws.com') }))

test('a role is made, read, changed and removed', async () => {
  const made = await role('task')
  expect(made.Role).toMatchObject({ Arn: 'arn:aws:iam::124355672559:role/task', MaxSessionDuration: 3600 })
  expect(made.Role?.CreateDate).toBeInstanceOf(Date)
  await iam.send(
    new UpdateAssumeRolePolicyCommand({ RoleName: 'task', PolicyDocument: trust('ecs.amazonaws.com') }),
  )
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'task' }))
  expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toEqual(
    JSON.parse(trust('ecs.amazonaws.com')),
  )
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'task', PolicyArn: EXECUTION }))
  await expect(iam.send(new DeleteRoleCommand({ RoleName: 'task' }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
    $metadata: { httpStatusCode: 409 },
  })
  await iam.send(new DetachRolePolicyCommand({ RoleName: 'task', PolicyArn: EXECUTION }))
  await iam.send(new DeleteRoleCommand({ RoleName: 'task' }))
  await expect(iam.send(new GetRoleCommand({ RoleName: 'task' }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
    message: 'The role with name task cannot be found.',
    $metadata: { httpStatusCode: 404 },
  })
})

test('AWS errors have their names', async () => {
  await role('twice')
  await expect(role('twice')).rejects.toMatchObject({ name: 'EntityAlreadyExistsException' })
  await expect(
    iam.send(new PutRolePolicyCommand({ RoleName: 'twice', PolicyName: 'p', PolicyDocument: '{' })),
  ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' })
  await expect(
    iam.send(
      new AttachRolePolicyCommand({ RoleName: 'twice', PolicyArn: 'arn:aws:iam::aws:policy/Nothing' }),
    ),
  ).rejects.toMatchObject({ name: 'NoSuchEntityException' })
})

test("AWS's own policies can be read and attached", async () => {
  const { PolicyVersion } = await iam.send(
    new GetPolicyVersionCommand({ PolicyArn: EXECUTION, VersionId: 'v1' }),
  )
  expect(decodeURIComponent(PolicyVersion?.Document ?? '')).toContain('ecr:BatchGetImage')
  const linked = await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ecs.amazonaws.com' }))
  expect(linked.Role?.RoleName).toBe('AWSServiceRoleForECS')
  await expect(
    iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ecs.amazonaws.com' })),
  ).rejects.toMatchObject({ name: 'InvalidInputException' })
})

test('the simulator decides by the policies of the role, inline and attached', async () => {
  await role('worker')
  const own = { Statement: [{ Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' }] }
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'own', PolicyDocument: JSON.stringify(own) }),
  )
  const shared = { Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::raw/*' }] }
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'shared', PolicyDocument: JSON.stringify(shared) }),
  )
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'worker', PolicyArn: Policy?.Arn }))
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: 'arn:aws:iam::124355672559:role/worker',
      ActionNames: ['s3:GetObject', 's3:DeleteObject', 'sqs:SendMessage'],
      ResourceArns: ['arn:aws:s3:::raw/1'],
    }),
  )
  expect(
    EvaluationResults?.map(r => [r.EvalActionName, r.EvalDecision, r.MatchedStatements?.[0]?.SourcePolicyId]),
  ).toEqual([
    ['s3:GetObject', 'allowed', 'shared'],
    ['s3:DeleteObject', 'explicitDeny', 'own'],
    ['sqs:SendMessage', 'implicitDeny', undefined],
  ])
})

test('after a restart roles and policies are there, and the authorizer reads them', async () => {
  const { state } = cloud
  await cloud.stop()
  const store = openStore(state)
  const { isAllowed } = createAuthorizer(store)
  const session = 'arn:aws:sts::124355672559:assumed-role/worker/task-1'
  expect(isAllowed(session, 's3:PutObject', 'arn:aws:s3:::raw/1').decision).toBe('allowed')
  expect(isAllowed(session, 's3:PutObject', 'arn:aws:s3:::other/1').decision).toBe('implicitDeny')
  expect(isAllowed(session.replace('worker', 'nobody'), 's3:PutObject', '*').decision).toBe('implicitDeny')
  expect(isAllowed('arn:aws:iam::124355672559:user/local-operator', 'iam:CreateRole', '*').decision).toBe(
    'allowed',
  )
  store.close()
  cloud = await startTestCloud({ state, services: [createIam] })
  iam = new IAMClient(cloud.client)
  const { PolicyDocument } = await iam.send(
    new GetRolePolicyCommand({ RoleName: 'worker', PolicyName: 'own' }),
  )
  expect(decodeURIComponent(PolicyDocument ?? '')).toContain('s3:DeleteObject')
  const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'worker' }))
  expect(AttachedPolicies).toEqual([
    { PolicyName: 'shared', PolicyArn: 'arn:aws:iam::124355672559:policy/shared' },
  ])
})
