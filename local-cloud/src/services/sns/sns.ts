import type { Service, ServiceContext } from '../../core/service.ts'
import { createDelivery } from './delivery.ts'
import { createSnsRecords } from './records.ts'
import { subscriptionOperations } from './subscriptions.ts'
import { topicOperations } from './topics.ts'

/** Topics and their subscriptions; what is published is kept, and reaches queues. */
export function createSns(context: ServiceContext): Service {
  const records = createSnsRecords(context)
  const delivery = createDelivery(context, records)
  return {
    name: 'sns',
    protocol: 'query',
    apiVersion: '2010-03-31',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    operations: {
      ...topicOperations(context, records),
      ...subscriptionOperations(context, records),
      Publish: delivery.publish,
    },
    paths: [{ matches: /^\/_sns\/messages$/, handle: delivery.read }],
  }
}
