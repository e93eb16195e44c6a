import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  ExecuteChangeSetCommand,
  ListExportsCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation'
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createEc2 } from '../ec2/ec2.ts'
import { createIam } from '../iam/iam.ts'
import { createKms } from '../kms/kms.ts'
import { createCloudFormation } from './cloudformation.ts'
import { stackDriver } from './testing.ts'

let cloud: TestCloud
let stacks: ReturnType<typeof stackDriver>
const services = [createIam, createEc2, createKms, createCloudFormation]

beforeAll(async () => {
  cloud = await startTestCloud({ services })
  stacks = stackDriver(cloud)
})
afterAll(() => cloud.dispose())

const TRUST = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
}
const role = (properties: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: TRUST, ...properties },
})

test('a change set shows what it adds, and executing it makes that', async () => {
  const template = {
    Resources: {
      Key: { Type: 'AWS::KMS::Key', Properties: { EnableKeyRotation: true } },
      Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/one', TargetKeyId: { Ref: 'Key' } } },
    },
    Outputs: { KeyArn: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] }, Export: { Name: 'one-key' } } },
  }
  const set = await stacks.change('one', template, { ChangeSetType: 'CREATE' })
  expect(set).toMatchObject({ Status: 'CREATE_COMPLETE', ExecutionStatus: 'AVAILABLE' })
  expect(set.Changes?.map(({ ResourceChange: c }) => [c?.Action, c?.LogicalResourceId])).toEqual([
    ['Add', 'Key'],
    ['Add', 'Alias'],
  ])
  expect((await stacks.describe('one')).StackStatus).toBe('REVIEW_IN_PROGRESS')
  await stacks.client.send(new ExecuteChangeSetCommand({ ChangeSetName: set.ChangeSetId }))
  const stack = await stacks.settled('one')
  expect(stack.StackStatus).toBe('CREATE_COMPLETE')
  const arn = stack.Outputs?.[0]?.OutputValue
  const { KeyMetadata } = await new KMSClient(cloud.client).send(
    new DescribeKeyCommand({ KeyId: 'alias/one' }),
  )
  expect(KeyMetadata?.Arn).toBe(arn)
  const { Exports } = await stacks.client.send(new ListExportsCommand())
  expect(Exports).toContainEqual({ ExportingStackId: stack.StackId, Name: 'one-key', Value: arn })
  const events = (await stacks.events('one')).reverse().map(e => [e.LogicalResourceId, e.ResourceStatus])
  expect(events.slice(0, 3)).toEqual([
    ['one', 'REVIEW_IN_PROGRESS'],
    ['one', 'CREATE_IN_PROGRESS'],
    ['Key', 'CREATE_IN_PROGRESS'],
  ])
  expect(events.at(-1)).toEqual(['one', 'CREATE_COMPLETE'])

  const again = await stacks.change('one', template)
  expect(again).toMatchObject({
    Status: 'FAILED',
    ExecutionStatus: 'UNAVAILABLE',
    StatusReason:
      "The submitted information didn't contain changes. Submit different information to create a change set.",
  })
})

test('a resource that fails takes the new stack back, and says why', async () => {
  const template = {
    Resources: {
      Fine: role({ RoleName: 'rolled-back' }),
      Broken: { ...role({ RoleName: 'no spaces allowed' }), DependsOn: 'Fine' },
      Never: { ...role(), DependsOn: 'Broken' },
    },
  }
  const stack = await stacks.apply('broken', template, { ChangeSetType: 'CREATE' })
  expect(stack.StackStatus).toBe('ROLLBACK_COMPLETE')
  const events = await stacks.events('broken')
  const failed = events.find(event => event.ResourceStatus === 'CREATE_FAILED')
  expect(failed?.LogicalResourceId).toBe('Broken')
  expect(failed?.ResourceStatusReason).toContain("'no spaces allowed'")
  expect(events.find(event => event.ResourceStatus === 'ROLLBACK_IN_PROGRESS')?.ResourceStatusReason).toBe(
    'The following resource(s) failed to create: [Broken]. Rollback requested by user.',
  )
  expect(events.some(event => event.LogicalResourceId === 'Never')).toBe(false)
  const { Roles } = await new IAMClient(cloud.client).send(new ListRolesCommand())
  expect(Roles?.map(r => r.RoleName)).not.toContain('rolled-back')
  await expect(stacks.change('broken', template)).rejects.toThrow('is in ROLLBACK_COMPLETE state')
})

test('an update replaces what must be replaced, changes the rest in place, removes what is gone', async () => {
  const vpc = (cidr: string) => ({ Type: 'AWS::EC2::VPC', Properties: { CidrBlock: cidr } })
  const subnet = { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.1.0.0/24' } }
  const first = {
    Resources: { Vpc: vpc('10.1.0.0/16'), Subnet: subnet, Role: role({ Description: 'old' }), Gone: role() },
  }
  await stacks.apply('net', first, { ChangeSetType: 'CREATE' })
  const before = await physicalIds('net')
  const second = {
    Resources: { Vpc: vpc('10.1.0.0/20'), Subnet: subnet, Role: role({ Description: 'new' }) },
  }
  const set = await stacks.change('net', second)
  const shown = Object.fromEntries(
    set.Changes?.map(c => [c.ResourceChange?.LogicalResourceId, c.ResourceChange]) ?? [],
  )
  expect(shown.Vpc).toMatchObject({
    Action: 'Modify',
    Replacement: 'True',
    Scope: ['Properties'],
    PolicyAction: 'ReplaceAndDelete',
    Details: [
      {
        Target: {
          Attribute: 'Properties',
          Name: 'CidrBlock',
          RequiresRecreation: 'Always',
          BeforeValue: '10.1.0.0/16',
          AfterValue: '10.1.0.0/20',
        },
        Evaluation: 'Static',
        ChangeSource: 'DirectModification',
      },
    ],
  })
  expect(shown.Subnet).toMatchObject({
    Action: 'Modify',
    Replacement: 'Conditional',
    Details: [{ Evaluation: 'Dynamic', ChangeSource: 'ResourceReference', CausingEntity: 'Vpc' }],
  })
  expect(shown.Role).toMatchObject({ Action: 'Modify', Replacement: 'False' })
  expect(shown.Gone).toMatchObject({ Action: 'Remove', PolicyAction: 'Delete' })
  await stacks.client.send(new ExecuteChangeSetCommand({ ChangeSetName: set.ChangeSetId }))
  expect((await stacks.settled('net')).StackStatus).toBe('UPDATE_COMPLETE')
  const after = await physicalIds('net')
  expect(after.Vpc).not.toBe(before.Vpc)
  expect(after.Subnet).not.toBe(before.Subnet)
  expect(after.Role).toBe(before.Role)
  expect(after.Gone).toBeUndefined()
  const { Roles } = await new IAMClient(cloud.client).send(new ListRolesCommand())
  expect(Roles?.map(r => r.RoleName)).not.toContain(before.Gone)
  expect(Roles?.find(r => r.RoleName === after.Role)?.Description).toBe('new')
})

test('an update that fails brings back what was', async () => {
  const first = { Resources: { A: role({ RoleName: 'a', Description: 'old' }), B: role({ RoleName: 'b' }) } }
  await stacks.apply('back', first, { ChangeSetType: 'CREATE' })
  const before = await physicalIds('back')
  const second = {
    Resources: {
      A: role({ RoleName: 'a', Description: 'new' }),
      New: { ...role({ RoleName: 'fresh' }), DependsOn: 'A' },
      B: {
        ...role({ RoleName: 'b', PermissionsBoundary: 'arn:aws:iam::aws:policy/None' }),
        DependsOn: 'New',
      },
    },
  }
  const stack = await stacks.apply('back', second)
  expect(stack.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE')
  expect(await physicalIds('back')).toEqual(before)
  const { Roles } = await new IAMClient(cloud.client).send(new ListRolesCommand())
  expect(Roles?.find(r => r.RoleName === 'a')?.Description).toBe('old')
  expect(Roles?.map(r => r.RoleName)).not.toContain('fresh')
  const failed = (await stacks.events('back')).find(event => event.ResourceStatus === 'UPDATE_FAILED')
  expect(failed).toMatchObject({ LogicalResourceId: 'B' })
  expect(failed?.ResourceStatusReason).toContain('arn:aws:iam::aws:policy/None')
  expect((await stacks.change('back', first)).Status).toBe('FAILED')
})

test('an export that is used cannot go; termination protection holds; deletion runs backwards', async () => {
  const exporting = {
    Resources: { Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.9.0.0/16' } } },
    Outputs: { Id: { Value: { Ref: 'Vpc' }, Export: { Name: 'shared-vpc' } } },
  }
  const importing = {
    Resources: {
      Subnet: {
        Type: 'AWS::EC2::Subnet',
        Properties: { VpcId: { 'Fn::ImportValue': 'shared-vpc' }, CidrBlock: '10.9.1.0/24' },
      },
    },
  }
  await stacks.apply('giver', exporting, { ChangeSetType: 'CREATE' })
  await stacks.apply('taker', importing, { ChangeSetType: 'CREATE' })
  await stacks.client.send(new DeleteStackCommand({ StackName: 'giver' }))
  expect(await stacks.settled('giver')).toMatchObject({
    StackStatus: 'DELETE_FAILED',
    StackStatusReason: 'Delete canceled. Cannot delete export shared-vpc as it is in use by taker.',
  })
  const protect = (EnableTerminationProtection: boolean) =>
    stacks.client.send(
      new UpdateTerminationProtectionCommand({ StackName: 'taker', EnableTerminationProtection }),
    )
  await protect(true)
  await expect(stacks.client.send(new DeleteStackCommand({ StackName: 'taker' }))).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'Stack [taker] cannot be deleted while TerminationProtection is enabled',
  })
  await protect(false)
  for (const name of ['taker', 'giver']) {
    const { StackId = '' } = await stacks.describe(name)
    await stacks.client.send(new DeleteStackCommand({ StackName: name }))
    expect((await stacks.settled(StackId)).StackStatus).toBe('DELETE_COMPLETE')
    await expect(stacks.describe(name)).rejects.toMatchObject({
      name: 'ValidationError',
      message: `Stack with id ${name} does not exist`,
    })
  }
})

test('what is retained outlives its stack', async () => {
  const template = { Resources: { Kept: { ...role({ RoleName: 'kept' }), DeletionPolicy: 'Retain' } } }
  const { StackId = '' } = await stacks.apply('retaining', template, { ChangeSetType: 'CREATE' })
  await stacks.client.send(new DeleteStackCommand({ StackName: 'retaining' }))
  await stacks.settled(StackId)
  const { Roles } = await new IAMClient(cloud.client).send(new ListRolesCommand())
  expect(Roles?.map(r => r.RoleName)).toContain('kept')
  expect((await stacks.events(StackId)).map(e => e.ResourceStatus)).toContain('DELETE_SKIPPED')
})

test('a recorded type says so', async () => {
  const template = {
    Resources: {
      Rule: { Type: 'AWS::Events::Rule', Properties: { Name: 'nightly' } },
      Vault: { Type: 'AWS::Backup::BackupVault' },
    },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Rule', 'Arn'] } }, Vault: { Value: { Ref: 'Vault' } } },
  }
  const stack = await stacks.apply('recorded', template, { ChangeSetType: 'CREATE' })
  expect(stack.Outputs?.find(o => o.OutputKey === 'Arn')?.OutputValue).toBe(
    'arn:aws:events:us-east-1:124355672559:rule/nightly',
  )
  expect(stack.Outputs?.find(o => o.OutputKey === 'Vault')?.OutputValue).toMatch(/^recorded-Vault-/)
  const { StackResources } = await stacks.client.send(
    new DescribeStackResourcesCommand({ StackName: 'recorded' }),
  )
  for (const resource of StackResources ?? [])
    expect(resource.ResourceStatusReason).toBe('recorded, not enforced by the local cloud')
})

test("a stack's own tags reach its resources", async () => {
  const template = {
    Resources: {
      Vpc: {
        Type: 'AWS::EC2::VPC',
        Properties: { CidrBlock: '10.7.0.0/16', Tags: [{ Key: 'own', Value: '1' }] },
      },
    },
  }
  const tagged = (Value: string) => ({ Tags: [{ Key: 'owner', Value }] })
  await stacks.apply('tagged', template, { ChangeSetType: 'CREATE', ...tagged('a') })
  expect((await stacks.change('tagged', template)).Status).toBe('FAILED')
  const set = await stacks.change('tagged', template, tagged('b'))
  expect(set.Changes?.[0]?.ResourceChange).toMatchObject({ Scope: ['Tags'], Replacement: 'False' })
  await stacks.apply('tagged', template, tagged('b'))
  const { Vpcs } = await cloud.invoke<{ Vpcs: { Tags: object[] }[] }>(
    'ec2',
    'DescribeVpcs',
    { Filters: [{ Name: 'cidr', Values: ['10.7.0.0/16'] }] },
    'test.amazonaws.com',
  )
  expect(Vpcs[0]?.Tags).toEqual([
    { Key: 'own', Value: '1' },
    { Key: 'owner', Value: 'b' },
  ])
})

test('CreateStack and UpdateStack work without change sets', async () => {
  const input = (Description: string) => ({
    StackName: 'direct',
    TemplateBody: JSON.stringify({ Resources: { A: role({ Description }) } }),
    Capabilities: ['CAPABILITY_IAM' as const],
  })
  await stacks.client.send(new CreateStackCommand(input('one')))
  expect((await stacks.settled('direct')).StackStatus).toBe('CREATE_COMPLETE')
  const update = (description: string) => stacks.client.send(new UpdateStackCommand(input(description)))
  await expect(update('one')).rejects.toThrow('No updates are to be performed.')
  await update('two')
  expect((await stacks.settled('direct')).StackStatus).toBe('UPDATE_COMPLETE')
})

async function physicalIds(StackName: string): Promise<Record<string, string | undefined>> {
  const { StackResources = [] } = await stacks.client.send(new DescribeStackResourcesCommand({ StackName }))
  return Object.fromEntries(StackResources.map(r => [r.LogicalResourceId, r.PhysicalResourceId]))
}
