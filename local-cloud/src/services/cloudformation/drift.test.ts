import { DescribeStackResourceCommand, DetectStackResourceDriftCommand } from '@aws-sdk/client-cloudformation'
import { PutBucketTaggingCommand, PutPublicAccessBlockCommand, S3Client } from '@aws-sdk/client-s3'
import { DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createIam } from '../iam/iam.ts'
import { createS3 } from '../s3/s3.ts'
import { createSns } from '../sns/sns.ts'
import { createSqs } from '../sqs/sqs.ts'
import { createCloudFormation } from './cloudformation.ts'
import { stackDriver } from './testing.ts'

let cloud: TestCloud
let stacks: ReturnType<typeof stackDriver>
beforeAll(async () => {
  cloud = await startTestCloud({
    services: [createIam, createS3, createSns, createSqs, createCloudFormation],
  })
  stacks = stackDriver(cloud)
})
afterAll(() => cloud.dispose())

const closed = {
  BlockPublicAcls: true,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
}
const of = (topic: string) => ({
  Resources: {
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'watched',
        PublicAccessBlockConfiguration: closed,
        Tags: [{ Key: 'a', Value: '1' }],
      },
    },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'watched', VisibilityTimeout: 60 } },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'watched', DisplayName: topic } },
    Vault: { Type: 'AWS::Backup::BackupVault', Properties: { BackupVaultName: 'unwatched' } },
  },
})

test('what was changed or removed behind a stack’s back is told, with what it was and is', async () => {
  await stacks.apply('watched', of('one'), { ChangeSetType: 'CREATE' })
  expect((await stacks.describe('watched')).DriftInformation?.StackDriftStatus).toBe('NOT_CHECKED')
  expect(await stacks.drift('watched')).toEqual({ drifted: [], checked: ['Bucket', 'Queue', 'Topic'] })
  expect((await stacks.describe('watched')).DriftInformation).toMatchObject({
    StackDriftStatus: 'IN_SYNC',
    LastCheckTimestamp: expect.any(Date),
  })

  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  const PublicAccessBlockConfiguration = { ...closed, BlockPublicPolicy: false }
  await s3.send(new PutPublicAccessBlockCommand({ Bucket: 'watched', PublicAccessBlockConfiguration }))
  const TagSet = [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '2' },
  ]
  await s3.send(new PutBucketTaggingCommand({ Bucket: 'watched', Tagging: { TagSet } }))
  const sqs = new SQSClient(cloud.client)
  await sqs.send(new DeleteQueueCommand({ QueueUrl: `${cloud.endpoint}/124355672559/watched` }))

  const { drifted } = await stacks.drift('watched')
  expect(drifted).toMatchObject([
    {
      LogicalResourceId: 'Bucket',
      StackResourceDriftStatus: 'MODIFIED',
      PropertyDifferences: [
        {
          PropertyPath: '/PublicAccessBlockConfiguration/BlockPublicPolicy',
          ExpectedValue: 'true',
          ActualValue: 'false',
          DifferenceType: 'NOT_EQUAL',
        },
        { PropertyPath: '/Tags/b', ActualValue: '2', DifferenceType: 'ADD' },
      ],
    },
    { LogicalResourceId: 'Queue', StackResourceDriftStatus: 'DELETED' },
  ])
  expect((await stacks.describe('watched')).DriftInformation?.StackDriftStatus).toBe('DRIFTED')
  const { StackResourceDetail } = await stacks.client.send(
    new DescribeStackResourceCommand({ StackName: 'watched', LogicalResourceId: 'Bucket' }),
  )
  expect(StackResourceDetail?.DriftInformation?.StackResourceDriftStatus).toBe('MODIFIED')
})

test('one resource can be looked at, and a type that cannot be read back is refused', async () => {
  const look = (LogicalResourceId: string) =>
    stacks.client.send(new DetectStackResourceDriftCommand({ StackName: 'watched', LogicalResourceId }))
  expect((await look('Topic')).StackResourceDrift?.StackResourceDriftStatus).toBe('IN_SYNC')
  await expect(look('Vault')).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('not supported for resource type AWS::Backup::BackupVault'),
  })
})

test('a change set names every place that changes', async () => {
  const next = of('two')
  next.Resources.Bucket.Properties.Tags = [{ Key: 'a', Value: '2' }]
  next.Resources.Bucket.Properties.PublicAccessBlockConfiguration = { ...closed, IgnorePublicAcls: false }
  const { Changes = [] } = await stacks.change('watched', next)
  const targets = Changes.map(({ ResourceChange: change }) => [
    change?.LogicalResourceId,
    change?.Replacement,
    change?.Details?.map(({ Target }) => [Target?.Path, Target?.BeforeValue, Target?.AfterValue]),
  ])
  expect(targets).toEqual([
    [
      'Bucket',
      'False',
      [
        ['/Properties/PublicAccessBlockConfiguration/IgnorePublicAcls', 'true', 'false'],
        ['/Tags/0/Value', '1', '2'],
      ],
    ],
    ['Topic', 'False', [['/Properties/DisplayName', 'one', 'two']]],
  ])
})
