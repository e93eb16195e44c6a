import type {
  CreateTopicInput,
  DeleteTopicInput,
  GetTopicAttributesInput,
  ListTagsForResourceRequest,
  ListTopicsInput,
  SetTopicAttributesInput,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-sns'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { invalid, type SnsRecords, type Tag, type Topic } from './records.ts'

const PAGE = 100
/** The attributes of a topic that can be set (SNS API reference, SetTopicAttributes). */
const SETTABLE =
  /^(DisplayName|Policy|DeliveryPolicy|KmsMasterKeyId|SignatureVersion|TracingConfig|ContentBasedDeduplication|ArchivePolicy|FifoTopic|FifoThroughputScope|DataProtectionPolicy|(HTTP|Firehose|Lambda|Application|SQS)(Success|Failure)Feedback(RoleArn|SampleRate))$/

/** Operations on topics and their tags. */
export function topicOperations(context: ServiceContext, records: SnsRecords): Record<string, Operation> {
  const arnOf = (name: string) => `arn:aws:sns:${context.region}:${context.accountId}:${name}`

  function create(input: CreateTopicInput) {
    const name = input.Name ?? ''
    const attributes = checked(input.Attributes)
    if (!/^[A-Za-z0-9_-]{1,256}(\.fifo)?$/.test(name)) throw invalid('Topic Name')
    if (name.endsWith('.fifo') !== (attributes.FifoTopic === 'true'))
      throw invalid('Fifo Topic names must end with .fifo and must have FifoTopic set to true')
    const arn = arnOf(name)
    const tags = list<Tag>(input.Tags)
    const known = records.topics.get(arn)
    const differs = Object.entries(attributes).some(([key, value]) => known?.attributes[key] !== value)
    if (known && differs) throw invalid('Attributes Reason: Topic already exists with different attributes')
    if (known && tags.some(tag => !known.tags.some(own => own.Key === tag.Key && own.Value === tag.Value)))
      throw invalid('Tags Reason: Topic already exists with different tags')
    if (!known) records.topics.put(arn, { arn, name, attributes, tags })
    return { TopicArn: arn }
  }

  /** Absent topics count as deleted, as on AWS. */
  function remove(input: DeleteTopicInput): void {
    const arn = input.TopicArn ?? ''
    context.store.transaction(() => {
      records.topics.delete(arn)
      for (const one of records.of(arn)) records.subscriptions.delete(one.arn)
    })
  }

  function attributes(input: GetTopicAttributesInput) {
    const topic = records.topic(input.TopicArn)
    const own = records.of(topic.arn)
    const count = (pending: boolean) => String(own.filter(one => one.pending === pending).length)
    const all = {
      TopicArn: topic.arn,
      Owner: context.accountId,
      DisplayName: '',
      Policy: defaultPolicy(topic, context.accountId),
      SubscriptionsConfirmed: count(false),
      SubscriptionsPending: count(true),
      SubscriptionsDeleted: '0',
      ...topic.attributes,
    }
    return { Attributes: new Map(Object.entries(all)) }
  }

  function setAttribute(input: SetTopicAttributesInput): void {
    const topic = records.topic(input.TopicArn)
    const change = checked({ [input.AttributeName ?? '']: input.AttributeValue ?? '' })
    records.topics.put(topic.arn, { ...topic, attributes: { ...topic.attributes, ...change } })
  }

  function tagged(arn: string | undefined): Topic {
    const topic = records.topics.get(arn ?? '')
    if (!topic) throw new AwsError('ResourceNotFound', 'Resource does not exist', 404)
    return topic
  }

  return {
    CreateTopic: create,
    DeleteTopic: remove,
    ListTopics: (input: ListTopicsInput) => {
      const { items, next } = page(records.topics.list(), input.NextToken)
      return { Topics: items.map(({ arn }) => ({ TopicArn: arn })), NextToken: next }
    },
    GetTopicAttributes: attributes,
    SetTopicAttributes: setAttribute,
    ListTagsForResource: (input: ListTagsForResourceRequest) => ({ Tags: tagged(input.ResourceArn).tags }),
    TagResource: (input: TagResourceRequest) => {
      const topic = tagged(input.ResourceArn)
      const added = list<Tag>(input.Tags)
      const keys = new Set(added.map(tag => tag.Key))
      const tags = [...topic.tags.filter(tag => !keys.has(tag.Key)), ...added]
      records.topics.put(topic.arn, { ...topic, tags })
      return {}
    },
    UntagResource: (input: UntagResourceRequest) => {
      const topic = tagged(input.ResourceArn)
      const gone = new Set(list<string>(input.TagKeys))
      records.topics.put(topic.arn, { ...topic, tags: topic.tags.filter(tag => !gone.has(tag.Key)) })
      return {}
    },
  }
}

/** One page of a list; the token is the index at which the next begins. */
export function page<T>(items: T[], token: string | undefined): { items: T[]; next?: string } {
  const start = Number(token || 0)
  const end = start + PAGE
  return { items: items.slice(start, end), next: end < items.length ? String(end) : undefined }
}

/** Lists of the query protocol arrive as an empty string when they are empty. */
export function list<T>(value: unknown): T[] {
  return Array.isArray(value) ? value : []
}

function checked(attributes: unknown): Record<string, string> {
  const given = typeof attributes === 'object' && attributes !== null ? attributes : {}
  for (const [name, value] of Object.entries(given)) {
    if (!SETTABLE.test(name)) throw invalid(`AttributeName Reason: ${name}`)
    if (name.endsWith('Policy') && value !== '') parse(name, String(value))
  }
  return given as Record<string, string>
}

function parse(name: string, text: string): void {
  try {
    JSON.parse(text)
  } catch {
    throw invalid(`${name} Error: Attribute value is not valid JSON`)
  }
}

function defaultPolicy({ arn }: Topic, accountId: string): string {
  return JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['SNS:Publish', 'SNS:Subscribe', 'SNS:GetTopicAttributes', 'SNS:SetTopicAttributes'],
        Resource: arn,
        Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
      },
    ],
  })
}
