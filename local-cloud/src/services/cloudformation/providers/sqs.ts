import type { Properties, Provider } from './provider.ts'
import { policyOfSeveral } from './resource-policy.ts'
import { flag, tagChanges, tagMap } from './values.ts'

/** Properties that are attributes of the same name. */
const ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
] as const
/** What an attribute goes back to when the template no longer names it (SQS API reference). */
const DEFAULTS: Record<string, string> = {
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  DelaySeconds: '0',
  FifoThroughputLimit: 'perQueue',
  KmsDataKeyReusePeriodSeconds: '300',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
}

const queue: Provider = {
  replaceOn: ['QueueName', 'FifoQueue'],
  acts: ATTRIBUTES,
  nameProperty: 'QueueName',
  taggable: true,
  create: async (properties, context) => {
    const fifo = flag(properties.FifoQueue)
    const QueueName = String(
      properties.QueueName ?? (fifo ? `${context.generatedName(75)}.fifo` : context.generatedName(80)),
    )
    const { QueueUrl } = await context.call<{ QueueUrl: string }>('sqs', 'CreateQueue', {
      QueueName,
      Attributes: { ...(fifo ? { FifoQueue: 'true' } : {}), ...attributesOf(properties) },
      tags: tagMap(properties.Tags),
    })
    return QueueUrl
  },
  update: async (QueueUrl, properties, old, context) => {
    const now = attributesOf(properties)
    const before = attributesOf(old)
    const dropped = Object.keys(before).filter(name => !(name in now))
    const Attributes = { ...Object.fromEntries(dropped.map(name => [name, DEFAULTS[name] ?? ''])), ...now }
    if (Object.keys(Attributes).length > 0)
      await context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes })
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    if (set.length > 0) await context.call('sqs', 'TagQueue', { QueueUrl, Tags: tagMap(set) })
    if (remove.length > 0) await context.call('sqs', 'UntagQueue', { QueueUrl, TagKeys: remove })
  },
  delete: (QueueUrl, _, context) => context.call('sqs', 'DeleteQueue', { QueueUrl }).then(() => {}),
  attributes: (QueueUrl, _, { region, accountId }) => {
    const QueueName = QueueUrl.split('/').pop()
    return { QueueUrl, QueueName, Arn: `arn:aws:sqs:${region}:${accountId}:${QueueName}` }
  },
  identify: async ({ QueueName }, context) => {
    const { QueueUrl } = await context.call<{ QueueUrl: string }>('sqs', 'GetQueueUrl', { QueueName })
    return QueueUrl
  },
}

/** Every attribute is a string; policies are JSON. */
function attributesOf(properties: Properties): Record<string, string> {
  return Object.fromEntries(
    ATTRIBUTES.filter(name => properties[name] !== undefined).map(name => {
      const value = properties[name]
      return [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]
    }),
  )
}

const queuePolicy = policyOfSeveral('Queues', ['Queues', 'PolicyDocument'], (context, QueueUrl, Policy) =>
  context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy } }),
)

export const SQS: Record<string, Provider> = {
  'AWS::SQS::Queue': queue,
  'AWS::SQS::QueuePolicy': queuePolicy,
}
