import { createServer } from 'node:net'
import { DeleteStackCommand, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-cloudwatch'
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { GetBucketLifecycleConfigurationCommand, GetBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { everything } from './everything.ts'
import { stackDriver } from './testing.ts'

let cloud: TestCloud
let stacks: ReturnType<typeof stackDriver>
let port: number
beforeAll(async () => {
  cloud = await startTestCloud()
  stacks = stackDriver(cloud)
  port = await freePort()
})
afterAll(() => cloud.dispose())

test('every type is made, changed in place, kept over a restart, and removed', {
  timeout: 60_000,
}, async () => {
  const created = await stacks.apply('everything', everything(1, port), { ChangeSetType: 'CREATE' })
  expect(await failures()).toEqual([])
  expect(created.StackStatus).toBe('CREATE_COMPLETE')
  const before = await resources()
  expect((await stacks.change('everything', everything(1, port))).Status).toBe('FAILED')
  const secret = await secretValue(before.Secret)
  expect(JSON.parse(secret)).toEqual({ user: 'a', password: expect.stringMatching(/^[a-zA-Z0-9]{20}$/) })

  const { drifted, checked } = await stacks.drift('everything')
  expect(drifted).toEqual([])
  expect(checked.length).toBeGreaterThan(30)

  const elb = new ElasticLoadBalancingV2Client(cloud.client)
  const weights = async () => {
    const { Rules } = await elb.send(new DescribeRulesCommand({ RuleArns: [before.ListenerRule as string] }))
    return Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups?.map(group => group.Weight)
  }
  const TargetGroups = [
    { TargetGroupArn: before.Blue, Weight: 0 },
    { TargetGroupArn: before.Green, Weight: 100 },
  ]
  await elb.send(
    new ModifyRuleCommand({
      RuleArn: before.ListenerRule,
      Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }],
    }),
  )

  const updated = await stacks.apply('everything', everything(2, port))
  expect(await failures()).toEqual([])
  expect(updated.StackStatus).toBe('UPDATE_COMPLETE')
  expect(await resources()).toEqual(before)
  expect(await weights()).toEqual([0, 100])
  expect(await secretValue(before.Secret)).toBe(secret)
  await checkChanged(before)

  const moved = await stacks.drift('everything')
  expect(moved.drifted.map(one => one.LogicalResourceId)).toEqual(['ListenerRule'])
  expect(moved.drifted[0]?.PropertyDifferences?.map(one => one.PropertyPath)).toContain(
    '/Actions/0/ForwardConfig/TargetGroups/0/Weight',
  )

  const { state } = cloud
  await cloud.stop()
  cloud = await startTestCloud({ state })
  stacks = stackDriver(cloud)
  expect(await resources()).toEqual(before)
  await checkChanged(before)
  expect((await stacks.change('everything', everything(2, port))).Status).toBe('FAILED')

  await stacks.client.send(new DeleteStackCommand({ StackName: 'everything' }))
  const gone = await stacks.settled(updated.StackId as string)
  expect(await failures(updated.StackId)).toEqual([])
  expect(gone.StackStatus).toBe('DELETE_COMPLETE')
})

async function checkChanged(ids: Record<string, string | undefined>): Promise<void> {
  const dynamodb = new DynamoDBClient(cloud.client)
  const TableName = ids.Table
  expect((await dynamodb.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus).toBe('ACTIVE')
  const ttl = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }))
  expect(ttl.TimeToLiveDescription?.AttributeName).toBe('expires')
  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: ids.Bucket }))
  expect(Rules).toMatchObject([{ ID: 'old', Expiration: { Days: 20 } }])
  const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket: ids.Bucket }))
  expect(TagSet).toEqual([{ Key: 'version', Value: '2' }])
  const sqs = new SQSClient(cloud.client)
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: ids.Queue, AttributeNames: ['All'] }),
  )
  expect(Attributes).toMatchObject({
    VisibilityTimeout: '30',
    RedrivePolicy: expect.stringContaining('"maxReceiveCount":4'),
  })
  const cognito = new CognitoIdentityProviderClient(cloud.client)
  const { UserPool } = await cognito.send(new DescribeUserPoolCommand({ UserPoolId: ids.Pool }))
  expect(UserPool).toMatchObject({
    MfaConfiguration: 'OPTIONAL',
    Policies: { PasswordPolicy: { MinimumLength: 12 } },
  })
  const cloudwatch = new CloudWatchClient(cloud.client)
  const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['everything'] }))
  expect(MetricAlarms).toMatchObject([{ Threshold: 102, Period: 60, TreatMissingData: 'notBreaching' }])
  const ResourceARN = MetricAlarms?.[0]?.AlarmArn
  const { Tags } = await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN }))
  expect(Tags).toEqual([{ Key: 'version', Value: '2' }])
  const { DashboardBody } = await cloudwatch.send(new GetDashboardCommand({ DashboardName: ids.Dashboard }))
  expect(DashboardBody).toContain('v2')
}

async function resources(): Promise<Record<string, string | undefined>> {
  const { StackResources = [] } = await stacks.client.send(
    new DescribeStackResourcesCommand({ StackName: 'everything' }),
  )
  return Object.fromEntries(StackResources.map(r => [r.LogicalResourceId, r.PhysicalResourceId]))
}

async function failures(stack = 'everything'): Promise<string[]> {
  const events = await stacks.events(stack)
  return events
    .filter(event => event.ResourceStatus?.endsWith('FAILED'))
    .map(event => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`)
}

async function secretValue(SecretId: string | undefined): Promise<string> {
  const { SecretString } = await new SecretsManagerClient(cloud.client).send(
    new GetSecretValueCommand({ SecretId }),
  )
  return SecretString ?? ''
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = server.address() as { port: number }
      server.close(() => resolve(found))
    })
  })
}
