import type { Properties } from '../providers/provider.ts'
import { type BucketProperties, bucketSettings } from '../providers/s3-settings.ts'
import { same } from '../providers/values.ts'
import { only, type Reader, type ReaderContext, unlessUnset } from './reader.ts'

/** Which property of a bucket each setting is, how it is read, and where in the answer and in the input it stands. */
const BUCKET_SETTINGS: [property: string, put: string, get: string, member: string, part: string][] = [
  [
    'BucketEncryption',
    'PutBucketEncryption',
    'GetBucketEncryption',
    'ServerSideEncryptionConfiguration',
    'Rules',
  ],
  [
    'LifecycleConfiguration',
    'PutBucketLifecycleConfiguration',
    'GetBucketLifecycleConfiguration',
    'LifecycleConfiguration',
    'Rules',
  ],
  [
    'OwnershipControls',
    'PutBucketOwnershipControls',
    'GetBucketOwnershipControls',
    'OwnershipControls',
    'Rules',
  ],
  [
    'PublicAccessBlockConfiguration',
    'PutPublicAccessBlock',
    'GetPublicAccessBlock',
    'PublicAccessBlockConfiguration',
    '',
  ],
  ['VersioningConfiguration', 'PutBucketVersioning', 'GetBucketVersioning', 'VersioningConfiguration', ''],
]

/** A setting that S3 has as the template says is told as the template has it; another as S3 has it. */
const bucket: Reader = async (Bucket, expected, { call }) => {
  await call('s3', 'HeadBucket', { Bucket })
  const settings = bucketSettings(expected as BucketProperties)
  const actual: Properties = {}
  for (const [property, put, get, member, part] of BUCKET_SETTINGS) {
    if (expected[property] === undefined) continue
    const answer = await unlessUnset(call('s3', get, { Bucket }))
    const whole = (answer?.[member] ?? answer) as Properties | undefined
    const found = part && whole ? (whole[part] ?? (answer as Properties)[part]) : whole
    const asked = (settings[put]?.input as Record<string, Properties> | undefined)?.[member]
    const wanted = part ? asked?.[part] : asked
    actual[property] = includes(found, wanted) ? expected[property] : found
  }
  const tags = await unlessUnset(call('s3', 'GetBucketTagging', { Bucket }))
  return { ...actual, Tags: tags?.TagSet ?? [] }
}

/** Whether an answer has all that was asked for; what the service adds by itself does not count. */
function includes(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((item, at) => includes(found[at], item))
    )
  if (typeof wanted !== 'object' || wanted === null) return String(found) === String(wanted)
  return Object.entries(wanted).every(([name, value]) =>
    includes((found as Properties | undefined)?.[name], value),
  )
}

const bucketPolicy: Reader = async (Bucket, _, { call }) => {
  const answer = await call('s3', 'GetBucketPolicy', { Bucket })
  return { PolicyDocument: answer.Policy }
}

const table: Reader = async (TableName, expected, { call }) => {
  const { Table } = await call<{ Table: Properties }>('dynamodb', 'DescribeTable', { TableName })
  const mode = Table.BillingModeSummary as { BillingMode: string } | undefined
  const expiry = await call<{ TimeToLiveDescription: Properties }>('dynamodb', 'DescribeTimeToLive', {
    TableName,
  })
  const { AttributeName, TimeToLiveStatus } = expiry.TimeToLiveDescription
  const backups = await call<{ ContinuousBackupsDescription: Record<string, Properties> }>(
    'dynamodb',
    'DescribeContinuousBackups',
    { TableName },
  )
  const recovery = backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription
  return {
    ...only(Table, ['TableName', 'DeletionProtectionEnabled']),
    ...(expected.KeySchema && same(expected.KeySchema, Table.KeySchema)
      ? { KeySchema: expected.KeySchema }
      : { KeySchema: Table.KeySchema }),
    BillingMode: mode?.BillingMode ?? 'PROVISIONED',
    TimeToLiveSpecification: {
      AttributeName: AttributeName ?? (expected.TimeToLiveSpecification as Properties)?.AttributeName,
      Enabled: /^ENABL/.test(String(TimeToLiveStatus)),
    },
    PointInTimeRecoverySpecification: {
      PointInTimeRecoveryEnabled: recovery?.PointInTimeRecoveryStatus === 'ENABLED',
      ...only(recovery ?? {}, ['RecoveryPeriodInDays']),
    },
    Tags: await tagsOf('dynamodb', 'ListTagsOfResource', { ResourceArn: Table.TableArn }, call),
  }
}

/** The tags of a resource whose service answers `Tags`. */
export async function tagsOf(
  service: string,
  operation: string,
  input: object,
  call: ReaderContext['call'],
): Promise<unknown> {
  return (await call<{ Tags?: unknown }>(service, operation, input)).Tags ?? []
}

const queue: Reader = async (QueueUrl, _, { call }) => {
  const { Attributes = {} } = await call<{ Attributes?: Properties }>('sqs', 'GetQueueAttributes', {
    QueueUrl,
    AttributeNames: ['All'],
  })
  return { FifoQueue: 'false', ...Attributes, QueueName: QueueUrl.split('/').pop() }
}

const topic: Reader = async (TopicArn, _, { call }) => {
  const { Attributes } = await call<{ Attributes: Map<string, string> }>('sns', 'GetTopicAttributes', {
    TopicArn,
  })
  const attributes = Object.fromEntries(Attributes)
  return {
    ...only(attributes, ['DisplayName', 'KmsMasterKeyId', 'FifoTopic', 'ContentBasedDeduplication']),
    TopicName: TopicArn.split(':').pop(),
    Tags: await tagsOf('sns', 'ListTagsForResource', { ResourceArn: TopicArn }, call),
  }
}

const subscription: Reader = async (SubscriptionArn, _, { call }) => {
  const { Attributes } = await call<{ Attributes: Map<string, string> }>('sns', 'GetSubscriptionAttributes', {
    SubscriptionArn,
  })
  return Object.fromEntries(Attributes)
}

/** Where data lies and how it travels. */
export const DATA_READERS: Record<string, Reader> = {
  'AWS::DynamoDB::Table': table,
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': bucketPolicy,
  'AWS::SNS::Subscription': subscription,
  'AWS::SNS::Topic': topic,
  'AWS::SQS::Queue': queue,
}
