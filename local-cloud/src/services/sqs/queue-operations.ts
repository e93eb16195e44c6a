import type {
  CreateQueueRequest,
  CreateQueueResult,
  DeleteQueueRequest,
  GetQueueAttributesRequest,
  GetQueueAttributesResult,
  GetQueueUrlRequest,
  GetQueueUrlResult,
  ListDeadLetterSourceQueuesRequest,
  ListDeadLetterSourceQueuesResult,
  ListQueuesRequest,
  ListQueuesResult,
  ListQueueTagsRequest,
  ListQueueTagsResult,
  PurgeQueueRequest,
  SetQueueAttributesRequest,
  TagQueueRequest,
  UntagQueueRequest,
} from '@aws-sdk/client-sqs'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { type Attributes, mergeAttributes, parseAllowPolicy, parseRedrivePolicy } from './queue-attributes.ts'
import { noSuchQueue, type Queue, type Queues } from './queues.ts'
import { invalidValue, missing, sqsError, wholeNumber } from './sqs-errors.ts'

const MOST_TAGS = 50
/** Largest page of a list, and its size when none is asked for. */
const PAGE = 1000

/** The operations on queues themselves. */
export function queueOperations(context: ServiceContext, queues: Queues): Record<string, Operation> {
  const { clock } = context

  function createQueue(input: CreateQueueRequest & { Tags?: Record<string, string> }): CreateQueueResult {
    const name = input.QueueName ?? ''
    const changes = (input.Attributes ?? {}) as Attributes
    const fifo = changes.FifoQueue?.toLowerCase() === 'true'
    checkName(name, fifo)
    const known = queues.byName(name)
    if (known) return { QueueUrl: queues.url(sameQueue(known, changes)) }
    const deletedAt = queues.deletedAt(name)
    if (deletedAt !== undefined && clock.now() < deletedAt + clock.minutes(1))
      throw sqsError(
        'QueueDeletedRecently',
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
      )
    const attributes = mergeAttributes(fifo, undefined, changes)
    const tags = input.tags ?? input.Tags ?? {}
    checkTags(tags)
    const arn = `arn:aws:sqs:${context.region}:${context.accountId}:${name}`
    checkRedrive(fifo, arn, attributes.RedrivePolicy)
    const now = clock.now()
    const queue = queues.create({ name, fifo, attributes, tags, createdAt: now, modifiedAt: now })
    return { QueueUrl: queues.url(queue) }
  }

  function checkRedrive(fifo: boolean, arn: string, text: string | undefined): void {
    if (!text) return
    const refuse = (reason: string) => invalidValue('RedrivePolicy', text, reason)
    const target = queues.byArn(parseRedrivePolicy(text).deadLetterTargetArn)
    if (!target) throw refuse('Dead letter target does not exist.')
    if (target.arn === arn) throw refuse('A queue cannot be its own dead-letter queue.')
    if (target.record.fifo !== fifo)
      throw refuse('Dead-letter queue must be same type of queue as the source.')
    const allow = target.record.attributes.RedriveAllowPolicy
    const policy = allow ? parseAllowPolicy(allow) : undefined
    if (
      policy?.redrivePermission === 'denyAll' ||
      (policy?.redrivePermission === 'byQueue' && !policy.sourceQueueArns?.includes(arn))
    )
      throw refuse('The dead-letter queue does not allow this source queue.')
  }

  function setQueueAttributes(input: SetQueueAttributesRequest): void {
    const queue = queues.byUrl(input.QueueUrl)
    const changes = (input.Attributes ?? {}) as Attributes
    if (Object.keys(changes).length === 0) throw missing('Attribute.Name')
    const { fifo } = queue.record
    const attributes = mergeAttributes(fifo, queue.record.attributes, changes)
    if (changes.RedrivePolicy) checkRedrive(fifo, queue.arn, attributes.RedrivePolicy)
    queue.record = { ...queue.record, attributes, modifiedAt: clock.now() }
    queues.save(queue)
  }

  function getQueueAttributes(input: GetQueueAttributesRequest): GetQueueAttributesResult {
    const queue = queues.byUrl(input.QueueUrl)
    const wanted = (input.AttributeNames ?? []) as string[]
    if (wanted.length === 0) return {}
    const { record } = queue
    const { visible, inFlight, delayed } = queue.mailbox.counts()
    const all: Attributes = {
      ...record.attributes,
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesDelayed: String(delayed),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      CreatedTimestamp: String(Math.floor(record.createdAt / 1000)),
      LastModifiedTimestamp: String(Math.floor(record.modifiedAt / 1000)),
      QueueArn: queue.arn,
    }
    const unknown = wanted.find(name => !KNOWN_NAMES.has(name))
    if (unknown) throw sqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`)
    const names = wanted.includes('All') ? Object.keys(all) : wanted
    return {
      Attributes: Object.fromEntries(
        names.flatMap(name => (name in all ? [[name, all[name] as string]] : [])),
      ),
    }
  }

  function getQueueUrl(input: GetQueueUrlRequest): GetQueueUrlResult {
    if (!input.QueueName) throw missing('QueueName')
    const queue = queues.byName(input.QueueName)
    if (!queue || (input.QueueOwnerAWSAccountId ?? context.accountId) !== context.accountId)
      throw noSuchQueue()
    return { QueueUrl: queues.url(queue) }
  }

  function listQueues(input: ListQueuesRequest): ListQueuesResult {
    const prefix = input.QueueNamePrefix ?? ''
    const page = paged(
      queues.all().filter(queue => queue.record.name.startsWith(prefix)),
      input,
    )
    return page.urls.length > 0 ? { QueueUrls: page.urls, NextToken: page.next } : {}
  }

  function listDeadLetterSourceQueues(
    input: ListDeadLetterSourceQueuesRequest,
  ): ListDeadLetterSourceQueuesResult {
    const { arn } = queues.byUrl(input.QueueUrl)
    const page = paged(
      queues.all().filter(queue => queue.redrive()?.deadLetterTargetArn === arn),
      input,
    )
    return { queueUrls: page.urls, NextToken: page.next }
  }

  /** One page in name order; the token is the last name given. */
  function paged(found: Queue[], input: { MaxResults?: number; NextToken?: string }) {
    const size = wholeNumber('MaxResults', input.MaxResults, 1, PAGE) ?? PAGE
    const after = input.NextToken ? Buffer.from(input.NextToken, 'base64url').toString() : ''
    const rest = found.filter(queue => queue.record.name > after)
    const page = rest.slice(0, size)
    const last = page.at(-1)?.record.name
    const more = input.MaxResults !== undefined && rest.length > size && last
    return {
      urls: page.map(queues.url),
      next: more ? Buffer.from(last).toString('base64url') : undefined,
    }
  }

  function purgeQueue(input: PurgeQueueRequest): void {
    const queue = queues.byUrl(input.QueueUrl)
    const { purgedAt } = queue.record
    if (purgedAt !== undefined && clock.now() < purgedAt + clock.minutes(1))
      throw sqsError(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${queue.record.name} is allowed every 60 seconds.`,
      )
    queue.mailbox.clear()
    queue.record = { ...queue.record, purgedAt: clock.now() }
    queues.save(queue)
  }

  function retag(queue: Queue, tags: Record<string, string>): void {
    checkTags(tags)
    queue.record = { ...queue.record, tags }
    queues.save(queue)
  }

  function tagQueue(input: TagQueueRequest): void {
    const queue = queues.byUrl(input.QueueUrl)
    if (!input.Tags || Object.keys(input.Tags).length === 0) throw missing('Tags')
    retag(queue, { ...queue.record.tags, ...input.Tags })
  }

  function untagQueue(input: UntagQueueRequest): void {
    const queue = queues.byUrl(input.QueueUrl)
    const gone = new Set(input.TagKeys ?? [])
    if (gone.size === 0) throw missing('TagKeys')
    retag(queue, Object.fromEntries(Object.entries(queue.record.tags).filter(([key]) => !gone.has(key))))
  }

  return {
    CreateQueue: createQueue,
    DeleteQueue: (input: DeleteQueueRequest) => queues.delete(queues.byUrl(input.QueueUrl)),
    GetQueueAttributes: getQueueAttributes,
    GetQueueUrl: getQueueUrl,
    ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
    ListQueues: listQueues,
    ListQueueTags: (input: ListQueueTagsRequest): ListQueueTagsResult => ({
      Tags: queues.byUrl(input.QueueUrl).record.tags,
    }),
    PurgeQueue: purgeQueue,
    SetQueueAttributes: setQueueAttributes,
    TagQueue: tagQueue,
    UntagQueue: untagQueue,
  }
}

const KNOWN_NAMES = new Set([
  'All',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'ContentBasedDeduplication',
  'CreatedTimestamp',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'LastModifiedTimestamp',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'Policy',
  'QueueArn',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
])

function checkName(name: string, fifo: boolean): void {
  if (!name) throw missing('QueueName')
  if (fifo && !(/^[\w-]+\.fifo$/.test(name) && name.length <= 80))
    throw invalidValue(
      'QueueName',
      name,
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    )
  if (!fifo && !/^[\w-]{1,80}$/.test(name))
    throw invalidValue(
      'QueueName',
      name,
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
    )
}

/** Creating a queue again gives the same one, unless an attribute named in the request differs. */
function sameQueue(known: Queue, changes: Attributes): Queue {
  const { fifo, attributes } = known.record
  const wanted = mergeAttributes(fifo, undefined, changes)
  const differing = Object.keys(changes).find(name => wanted[name] !== attributes[name])
  if (differing)
    throw sqsError(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${differing}`,
    )
  return known
}

function checkTags(tags: Record<string, string>): void {
  if (Object.keys(tags).length > MOST_TAGS)
    throw invalidValue('Tags', Object.keys(tags).length, `A queue has at most ${MOST_TAGS} tags.`)
  for (const [key, value] of Object.entries(tags))
    if (key.length < 1 || key.length > 128 || String(value).length > 256)
      throw invalidValue('Tags', key, 'A key has 1 to 128 characters, a value at most 256.')
}
