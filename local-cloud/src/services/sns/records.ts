import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'

export interface Tag {
  Key: string
  Value: string
}

export interface Topic {
  arn: string
  name: string
  attributes: Record<string, string>
  tags: Tag[]
}

export interface Subscription {
  /** Ends in a UUID; `PendingConfirmation` is what lists show before the subscriber has agreed. */
  arn: string
  topicArn: string
  protocol: string
  endpoint: string
  attributes: Record<string, string>
  /** What only takes effect by an answer to a message: e-mail, SMS and web addresses. */
  pending: boolean
}

export interface Message {
  id: string
  topicArn: string
  subject?: string
  message: string
  attributes?: unknown
  /** ISO 8601 */
  publishedAt: string
  /** What became of it, a line a subscription. */
  deliveries: string[]
}

export type SnsRecords = ReturnType<typeof createSnsRecords>

/** Everything that SNS remembers. */
export function createSnsRecords({ store }: ServiceContext) {
  const topics = store.collection<Topic>('sns', 'topic')
  const subscriptions = store.collection<Subscription>('sns', 'subscription')
  return {
    topics,
    subscriptions,
    messages: store.collection<Message>('sns', 'message'),
    /** @throws AwsError `NotFound` 404 */
    topic(arn: string | undefined): Topic {
      const found = topics.get(arn ?? '')
      if (!found) throw new AwsError('NotFound', 'Topic does not exist', 404)
      return found
    },
    /** @throws AwsError `NotFound` 404 */
    subscription(arn: string | undefined): Subscription {
      const found = subscriptions.get(arn ?? '')
      if (!found) throw new AwsError('NotFound', 'Subscription does not exist', 404)
      return found
    },
    of: (topicArn: string) => subscriptions.list().filter(one => one.topicArn === topicArn),
  }
}

/** SNS's answer to nearly everything that is wrong with a request. */
export function invalid(what: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${what}`)
}
