import type { Properties, Provider, ProviderContext } from './provider.ts'
import { policyOfSeveral } from './resource-policy.ts'
import { defined, flag, type KeyValue, same, tagChanges } from './values.ts'

/** Properties that are attributes of the same name, and what they go back to (SNS API reference). */
const ATTRIBUTES: Record<string, string> = {
  ArchivePolicy: '',
  ContentBasedDeduplication: 'false',
  DataProtectionPolicy: '',
  DeliveryPolicy: '',
  DisplayName: '',
  FifoThroughputScope: 'Topic',
  KmsMasterKeyId: '',
  SignatureVersion: '1',
  TracingConfig: 'PassThrough',
}

type Subscribed = { Endpoint?: string; Protocol?: string }
type TopicProperties = Properties & { TopicName?: string; Subscription?: Subscribed[]; Tags?: KeyValue[] }

const topic: Provider<TopicProperties> = {
  replaceOn: ['TopicName', 'FifoTopic'],
  acts: [...Object.keys(ATTRIBUTES), 'Subscription'],
  nameProperty: 'TopicName',
  taggable: true,
  create: async (properties, context) => {
    const fifo = flag(properties.FifoTopic)
    const Name = properties.TopicName ?? `${context.generatedName(250)}${fifo ? '.fifo' : ''}`
    const { TopicArn } = await context.call<{ TopicArn: string }>('sns', 'CreateTopic', {
      Name,
      Attributes: { ...(fifo ? { FifoTopic: 'true' } : {}), ...attributesOf(properties) },
      ...defined({ Tags: properties.Tags }),
    })
    context.made(TopicArn)
    await subscribe(TopicArn, properties.Subscription, context)
    return TopicArn
  },
  update: async (TopicArn, properties, old, context) => {
    const [now, before] = [attributesOf(properties), attributesOf(old)]
    for (const AttributeName of Object.keys(ATTRIBUTES)) {
      if (now[AttributeName] === before[AttributeName]) continue
      const AttributeValue = now[AttributeName] ?? ATTRIBUTES[AttributeName]
      await context.call('sns', 'SetTopicAttributes', { TopicArn, AttributeName, AttributeValue })
    }
    if (!same(properties.Subscription, old.Subscription)) {
      await unsubscribe(TopicArn, old.Subscription, context)
      await subscribe(TopicArn, properties.Subscription, context)
    }
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    if (set.length > 0) await context.call('sns', 'TagResource', { ResourceArn: TopicArn, Tags: set })
    if (remove.length > 0)
      await context.call('sns', 'UntagResource', { ResourceArn: TopicArn, TagKeys: remove })
  },
  delete: (TopicArn, _, context) => context.call('sns', 'DeleteTopic', { TopicArn }).then(() => {}),
  attributes: arn => ({ TopicArn: arn, TopicName: arn.split(':').pop() }),
  identify: async ({ TopicName }, { region, accountId }) => `arn:aws:sns:${region}:${accountId}:${TopicName}`,
}

function attributesOf(properties: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.keys(ATTRIBUTES)
      .filter(name => properties[name] !== undefined)
      .map(name => {
        const value = properties[name]
        return [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]
      }),
  )
}

async function subscribe(
  TopicArn: string,
  subscriptions: Subscribed[] | undefined,
  context: ProviderContext,
): Promise<void> {
  for (const { Endpoint, Protocol } of subscriptions ?? [])
    await context.call('sns', 'Subscribe', { TopicArn, Endpoint, Protocol })
}

interface Listed {
  Subscriptions: { SubscriptionArn: string; Protocol: string; Endpoint: string }[]
}

async function unsubscribe(
  TopicArn: string,
  subscriptions: Subscribed[] | undefined,
  context: ProviderContext,
): Promise<void> {
  const { Subscriptions } = await context.call<Listed>('sns', 'ListSubscriptionsByTopic', { TopicArn })
  for (const { Endpoint, Protocol } of subscriptions ?? []) {
    const found = Subscriptions.find(one => one.Endpoint === Endpoint && one.Protocol === Protocol)
    if (found) await context.call('sns', 'Unsubscribe', { SubscriptionArn: found.SubscriptionArn })
  }
}

/** Attributes of a subscription that can be changed in place. */
const SUBSCRIPTION = [
  'DeliveryPolicy',
  'FilterPolicy',
  'FilterPolicyScope',
  'RawMessageDelivery',
  'RedrivePolicy',
  'SubscriptionRoleArn',
]

const subscription: Provider = {
  replaceOn: ['TopicArn', 'Protocol', 'Endpoint'],
  acts: ['RawMessageDelivery'],
  create: async (properties, context) => {
    const { TopicArn, Protocol, Endpoint } = properties
    const { SubscriptionArn } = await context.call<{ SubscriptionArn: string }>('sns', 'Subscribe', {
      TopicArn,
      Protocol,
      Endpoint,
      Attributes: settings(properties),
      ReturnSubscriptionArn: true,
    })
    return SubscriptionArn
  },
  update: async (SubscriptionArn, properties, old, context) => {
    const [now, before] = [settings(properties), settings(old)]
    for (const AttributeName of SUBSCRIPTION)
      if (now[AttributeName] !== before[AttributeName])
        await context.call('sns', 'SetSubscriptionAttributes', {
          SubscriptionArn,
          AttributeName,
          AttributeValue: now[AttributeName] ?? '',
        })
  },
  delete: (SubscriptionArn, _, context) =>
    context.call('sns', 'Unsubscribe', { SubscriptionArn }).then(() => {}),
  attributes: id => ({ Arn: id }),
}

function settings(properties: Properties): Record<string, string> {
  return Object.fromEntries(
    SUBSCRIPTION.filter(name => properties[name] !== undefined).map(name => [
      name,
      typeof properties[name] === 'object' ? JSON.stringify(properties[name]) : String(properties[name]),
    ]),
  )
}

/** Kept on the topics; who may publish is not decided by it here. */
const topicPolicy = policyOfSeveral('Topics', ['Topics'], (context, TopicArn, AttributeValue) =>
  context.call('sns', 'SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue }),
)

export const SNS: Record<string, Provider> = {
  'AWS::SNS::Topic': topic,
  'AWS::SNS::Subscription': subscription,
  'AWS::SNS::TopicPolicy': topicPolicy,
}
