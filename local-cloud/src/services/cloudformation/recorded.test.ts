import { BudgetsClient, DescribeBudgetsCommand } from '@aws-sdk/client-budgets'
import { DeleteStackCommand, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import { CloudTrailClient, DescribeTrailsCommand, GetTrailStatusCommand } from '@aws-sdk/client-cloudtrail'
import { DescribeNetworkAclsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetTopicAttributesCommand, ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns'
import { GetWebACLCommand, GetWebACLForResourceCommand, WAFV2Client } from '@aws-sdk/client-wafv2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { everythingRecorded } from './everything-recorded.ts'
import { stackDriver } from './testing.ts'

let cloud: TestCloud
let stacks: ReturnType<typeof stackDriver>
beforeAll(async () => {
  cloud = await startTestCloud()
  stacks = stackDriver(cloud)
})
afterAll(() => cloud.dispose())

test('what is only kept is made, changed in place, told as recorded, and removed', async () => {
  await makeService()
  const created = await stacks.apply('kept', everythingRecorded(1), { ChangeSetType: 'CREATE' })
  expect(await failures('kept')).toEqual([])
  expect(created.StackStatus).toBe('CREATE_COMPLETE')
  const outputs = Object.fromEntries((created.Outputs ?? []).map(one => [one.OutputKey, one.OutputValue]))
  expect(outputs).toMatchObject({
    Topic: 'arn:aws:sns:us-east-1:124355672559:everything',
    TopicName: 'everything',
    WebAcl: expect.stringMatching(/^everything\|[\da-f-]{36}\|REGIONAL$/),
    WebAclArn: expect.stringMatching(/:regional\/webacl\/everything\/[\da-f-]{36}$/),
    Monitor: expect.stringMatching(/^arn:aws:ce::124355672559:anomalymonitor\/[\da-f-]{36}$/),
    Oidc: 'arn:aws:iam::124355672559:oidc-provider/token.actions.githubusercontent.com',
    Trail: 'arn:aws:cloudtrail:us-east-1:124355672559:trail/everything',
    Vault: 'arn:aws:backup:us-east-1:124355672559:backup-vault:everything',
    Target: 'service/c/s|ecs:service:DesiredCount|ecs',
    Certificate: expect.stringMatching(/^arn:aws:acm:us-east-1:124355672559:certificate\/[\da-f-]{36}$/),
    Risk: expect.stringMatching(/\|ALL$/),
  })
  const resources = await resourcesOf('kept')
  const recorded = resources.filter(one => one.ResourceStatusReason?.includes('recorded, not enforced'))
  const really = resources.filter(one => !recorded.includes(one)).map(one => one.LogicalResourceId)
  expect(really.sort()).toEqual(
    [
      'Alarm',
      'Certificate',
      'Composite',
      'Mail',
      'Policy',
      'PoolGroup',
      'Pool',
      'Target',
      'Topic',
      'Trails',
      'WafGroup',
    ].sort(),
  )

  expect((await stacks.drift('kept')).drifted).toEqual([])

  const updated = await stacks.apply('kept', everythingRecorded(2))
  expect(await failures('kept')).toEqual([])
  expect(updated.StackStatus).toBe('UPDATE_COMPLETE')
  expect(idsOf(await resourcesOf('kept'))).toEqual(idsOf(resources))
  expect((await stacks.change('kept', everythingRecorded(2))).Status).toBe('FAILED')
  await changedInTheirServices(outputs)

  await stacks.client.send(new DeleteStackCommand({ StackName: 'kept' }))
  const gone = await stacks.settled(updated.StackId as string)
  expect(await failures(updated.StackId as string)).toEqual([])
  expect(gone.StackStatus).toBe('DELETE_COMPLETE')
})

async function changedInTheirServices(outputs: Record<string, string | undefined>): Promise<void> {
  const sns = new SNSClient(cloud.client)
  const TopicArn = outputs.Topic
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }))
  expect(Attributes).toMatchObject({ DisplayName: 'v2', SubscriptionsPending: '1' })
  expect(JSON.parse(Attributes?.Policy ?? '').Statement[0].Sid).toBe('v2')
  const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))
  expect(Subscriptions).toMatchObject([
    { Endpoint: 'operator@example.org', SubscriptionArn: 'PendingConfirmation' },
  ])

  const wafv2 = new WAFV2Client(cloud.client)
  const [Name, Id] = (outputs.WebAcl ?? '').split('|')
  const { WebACL } = await wafv2.send(new GetWebACLCommand({ Name, Id, Scope: 'REGIONAL' }))
  expect(WebACL).toMatchObject({ Description: 'v2', ARN: outputs.WebAclArn })
  const match = WebACL?.Rules?.[0]?.Statement?.ByteMatchStatement?.SearchString
  expect(Buffer.from(match ?? []).toString()).toBe('/admin')
  const ResourceArn = 'arn:aws:elasticloadbalancing:us-east-1:124355672559:loadbalancer/app/everything/1'
  expect((await wafv2.send(new GetWebACLForResourceCommand({ ResourceArn }))).WebACL?.Name).toBe('everything')

  const budgets = new BudgetsClient(cloud.client)
  const { Budgets } = await budgets.send(new DescribeBudgetsCommand({ AccountId: '124355672559' }))
  expect(Budgets).toMatchObject([{ BudgetName: 'everything', BudgetLimit: { Amount: '200', Unit: 'USD' } }])

  const cloudtrail = new CloudTrailClient(cloud.client)
  const { trailList } = await cloudtrail.send(new DescribeTrailsCommand())
  expect(trailList).toMatchObject([{ Name: 'everything', LogFileValidationEnabled: true }])
  const status = await cloudtrail.send(new GetTrailStatusCommand({ Name: 'everything' }))
  expect(status).toMatchObject({ IsLogging: false, StopLoggingTime: expect.any(Date) })

  const ec2 = new EC2Client(cloud.client)
  const { NetworkAcls } = await ec2.send(
    new DescribeNetworkAclsCommand({ Filters: [{ Name: 'default', Values: ['false'] }] }),
  )
  expect(NetworkAcls).toMatchObject([{ IsDefault: false, Associations: [{ SubnetId: expect.any(String) }] }])
  expect(NetworkAcls?.[0]?.Entries?.find(entry => entry.RuleNumber === 100)).toMatchObject({
    RuleAction: 'deny',
    Egress: false,
    PortRange: { From: 442, To: 443 },
  })
}

/** Scaling targets are of services that exist. */
async function makeService(): Promise<void> {
  const ecs = (operation: string, input: object) => cloud.invoke('ecs', operation, input, 'ecs.amazonaws.com')
  await ecs('CreateCluster', { clusterName: 'c' })
  await ecs('RegisterTaskDefinition', {
    family: 'f',
    containerDefinitions: [{ name: 'a', image: 'none', memory: 64 }],
  })
  await ecs('CreateService', { cluster: 'c', serviceName: 's', taskDefinition: 'f', desiredCount: 0 })
}

async function resourcesOf(StackName: string) {
  const { StackResources = [] } = await stacks.client.send(new DescribeStackResourcesCommand({ StackName }))
  return StackResources
}

function idsOf(resources: { LogicalResourceId?: string; PhysicalResourceId?: string }[]) {
  return Object.fromEntries(resources.map(one => [one.LogicalResourceId, one.PhysicalResourceId]))
}

async function failures(stack: string): Promise<string[]> {
  return (await stacks.events(stack))
    .filter(event => event.ResourceStatus?.endsWith('FAILED'))
    .map(event => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`)
}
