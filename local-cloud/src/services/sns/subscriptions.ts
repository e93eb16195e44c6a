import { randomUUID } from 'node:crypto'
import type {
  GetSubscriptionAttributesInput,
  ListSubscriptionsByTopicInput,
  ListSubscriptionsInput,
  SetSubscriptionAttributesInput,
  SubscribeInput,
  UnsubscribeInput,
} from '@aws-sdk/client-sns'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { invalid, type SnsRecords, type Subscription } from './records.ts'
import { page } from './topics.ts'

/** What AWS delivers to, and what of it must first agree by an answer to a message. */
const PROTOCOLS: Record<string, 'confirmed' | 'pending'> = {
  application: 'confirmed',
  email: 'pending',
  'email-json': 'pending',
  firehose: 'confirmed',
  http: 'pending',
  https: 'pending',
  lambda: 'confirmed',
  sms: 'confirmed',
  sqs: 'confirmed',
}
const SETTABLE =
  /^(DeliveryPolicy|FilterPolicy|FilterPolicyScope|RawMessageDelivery|RedrivePolicy|SubscriptionRoleArn)$/

/** Operations on subscriptions. */
export function subscriptionOperations(
  context: ServiceContext,
  records: SnsRecords,
): Record<string, Operation> {
  function subscribe(input: SubscribeInput) {
    const { TopicArn, Protocol: protocol = '', Endpoint: endpoint = '' } = input
    const topic = records.topic(TopicArn)
    if (!(protocol in PROTOCOLS)) throw invalid('Does not support this protocol string: '.concat(protocol))
    if (endpoint === '') throw invalid('Endpoint Reason: Endpoint is required')
    if (/^(sqs|lambda|firehose|application)$/.test(protocol) && !endpoint.startsWith('arn:'))
      throw invalid(`${protocol.toUpperCase()} endpoint ARN`)
    const attributes = checked(input.Attributes)
    const known = records.of(topic.arn).find(one => one.protocol === protocol && one.endpoint === endpoint)
    const made: Subscription = known ?? {
      arn: `${topic.arn}:${randomUUID()}`,
      topicArn: topic.arn,
      protocol,
      endpoint,
      attributes,
      pending: PROTOCOLS[protocol] === 'pending',
    }
    if (!known) records.subscriptions.put(made.arn, made)
    const told = String(input.ReturnSubscriptionArn) === 'true' ? made.arn : shownArn(made)
    return { SubscriptionArn: told.replace('PendingConfirmation', 'pending confirmation') }
  }

  function setAttribute(input: SetSubscriptionAttributesInput): void {
    const found = records.subscription(input.SubscriptionArn)
    const change = checked({ [input.AttributeName ?? '']: input.AttributeValue ?? '' })
    records.subscriptions.put(found.arn, { ...found, attributes: { ...found.attributes, ...change } })
  }

  function attributes(input: GetSubscriptionAttributesInput) {
    const found = records.subscription(input.SubscriptionArn)
    const all = {
      SubscriptionArn: found.arn,
      TopicArn: found.topicArn,
      Owner: context.accountId,
      Protocol: found.protocol,
      Endpoint: found.endpoint,
      PendingConfirmation: String(found.pending),
      RawMessageDelivery: 'false',
      ConfirmationWasAuthenticated: String(!found.pending),
      ...found.attributes,
    }
    return { Attributes: new Map(Object.entries(all)) }
  }

  const listed = (subscriptions: Subscription[], token: string | undefined) => {
    const { items, next } = page(subscriptions, token)
    return { Subscriptions: items.map(view), NextToken: next }
  }

  function view(one: Subscription) {
    return {
      SubscriptionArn: shownArn(one),
      Owner: context.accountId,
      Protocol: one.protocol,
      Endpoint: one.endpoint,
      TopicArn: one.topicArn,
    }
  }

  return {
    Subscribe: subscribe,
    Unsubscribe: (input: UnsubscribeInput) => void records.subscriptions.delete(input.SubscriptionArn ?? ''),
    ListSubscriptions: (input: ListSubscriptionsInput) =>
      listed(records.subscriptions.list(), input.NextToken),
    ListSubscriptionsByTopic: (input: ListSubscriptionsByTopicInput) =>
      listed(records.of(records.topic(input.TopicArn).arn), input.NextToken),
    GetSubscriptionAttributes: attributes,
    SetSubscriptionAttributes: setAttribute,
  }
}

function shownArn(one: Subscription): string {
  return one.pending ? 'PendingConfirmation' : one.arn
}

function checked(attributes: unknown): Record<string, string> {
  const given = typeof attributes === 'object' && attributes !== null ? attributes : {}
  for (const name of Object.keys(given))
    if (!SETTABLE.test(name)) throw invalid(`AttributeName Reason: ${name}`)
  return given as Record<string, string>
}
