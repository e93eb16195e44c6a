import {
  CloudTrailClient,
  LookupEventsCommand,
  type LookupEventsCommandInput,
} from '@aws-sdk/client-cloudtrail'
import { CreateRoleCommand, DeleteRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createIam } from '../iam/iam.ts'
import { createS3 } from '../s3/s3.ts'
import { createSqs } from '../sqs/sqs.ts'
import { createSts } from '../sts/sts.ts'
import { createCloudTrail } from './cloudtrail.ts'

let cloud: TestCloud
let trail: CloudTrailClient
let started: number
const look = (input: LookupEventsCommandInput = {}) => trail.send(new LookupEventsCommand(input))
const named = (AttributeValue: string) =>
  look({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue }] })

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSts, createIam, createS3, createSqs, createCloudTrail] })
  trail = new CloudTrailClient(cloud.client)
  started = cloud.clock.now()
})
afterAll(() => cloud.dispose())

test('tells who did what to which resource, and never what was sent', async () => {
  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: 'raw' }))
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::raw/never' }],
  })
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'raw', Policy }))
  const { Events } = await named('PutBucketPolicy')
  expect(Events).toMatchObject([
    {
      EventSource: 's3.amazonaws.com',
      ReadOnly: 'false',
      Username: 'local-operator',
      AccessKeyId: cloud.client.credentials.accessKeyId,
      EventTime: expect.any(Date),
      Resources: [{ ResourceName: 'raw' }],
    },
  ])
  const told = JSON.parse(Events?.[0]?.CloudTrailEvent ?? '')
  expect(told).toMatchObject({
    userIdentity: { type: 'IAMUser', arn: expect.stringMatching(/:user\/local-operator$/) },
    eventName: 'PutBucketPolicy',
    readOnly: false,
    eventCategory: 'Management',
    requestParameters: null,
  })
  expect(JSON.stringify(Events)).not.toContain('never')
})

test('does not tell of data, and tells of what was refused, as whom', async () => {
  const sqs = new SQSClient(cloud.client)
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  await s3.send(new PutObjectCommand({ Bucket: 'raw', Key: 'k', Body: 'x' }))
  expect((await named('SendMessage')).Events).toEqual([])
  expect((await named('PutObject')).Events).toEqual([])

  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
  }
  const iam = new IAMClient(cloud.client)
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: 'nobody', AssumeRolePolicyDocument: JSON.stringify(trust) }),
  )
  const { Credentials } = await new STSClient(cloud.client).send(
    new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'door' }),
  )
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
  const intruder = new IAMClient({ ...cloud.client, credentials })
  await expect(intruder.send(new DeleteRoleCommand({ RoleName: 'nobody' }))).rejects.toThrow(/not authorized/)
  const { Events } = await look({
    LookupAttributes: [{ AttributeKey: 'Username', AttributeValue: 'door' }],
  })
  expect(Events).toHaveLength(1)
  expect(JSON.parse(Events?.[0]?.CloudTrailEvent ?? '')).toMatchObject({
    eventName: 'DeleteRole',
    errorCode: 'AccessDenied',
    userIdentity: { type: 'AssumedRole' },
  })
})

test('goes back newest first, by pages, between two times, over a restart', async () => {
  const iam = new IAMClient(cloud.client)
  cloud.clock.advance(60_000)
  const between = cloud.clock.now()
  for (let i = 0; i < 5; i++) await iam.send(new ListRolesCommand({}))
  const attribute = {
    LookupAttributes: [{ AttributeKey: 'EventName' as const, AttributeValue: 'ListRoles' }],
  }
  const first = await look({ ...attribute, MaxResults: 3 })
  const rest = await look({ ...attribute, MaxResults: 3, NextToken: first.NextToken })
  const all = [...(first.Events ?? []), ...(rest.Events ?? [])]
  expect(all).toHaveLength(5)
  expect(rest.NextToken).toBeUndefined()
  expect(new Set(all.map(({ EventId }) => EventId)).size).toBe(5)
  const times = all.map(({ EventTime }) => EventTime?.getTime() ?? 0)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect((await look({ EndTime: new Date(started - 1000) })).Events).toEqual([])
  const late = await look({
    StartTime: new Date(between - 1000),
    EndTime: new Date(cloud.clock.now() + 1000),
  })
  expect(new Set(late.Events?.map(({ EventName }) => EventName))).toEqual(
    new Set(['ListRoles', 'LookupEvents']),
  )

  await expect(look({ NextToken: first.NextToken })).rejects.toMatchObject({
    name: 'InvalidNextTokenException',
  })
  await expect(look({ MaxResults: 51 })).rejects.toMatchObject({ name: 'InvalidMaxResultsException' })
  await expect(look({ StartTime: new Date(2e12), EndTime: new Date(1e12) })).rejects.toMatchObject({
    name: 'InvalidTimeRangeException',
  })
  const two = [...attribute.LookupAttributes, ...attribute.LookupAttributes]
  await expect(look({ LookupAttributes: two })).rejects.toMatchObject({
    name: 'InvalidLookupAttributesException',
  })

  cloud = await cloud.restart()
  trail = new CloudTrailClient(cloud.client)
  expect((await named('CreateBucket')).Events).toHaveLength(1)
})
