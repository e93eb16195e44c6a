import type { Service, ServiceContext } from '../../core/service.ts'
import { acknowledgeOperations } from './acknowledge.ts'
import { createDeduplication } from './deduplication.ts'
import { createMoveTasks } from './move-tasks.ts'
import { QUERY_FACE } from './query.ts'
import { publishMetrics } from './queue-metrics.ts'
import { queueOperations } from './queue-operations.ts'
import { createQueues } from './queues.ts'
import { receiveOperation } from './receive.ts'
import { sendOperations } from './send.ts'
import { QUERY_ERROR_CODES } from './sqs-errors.ts'

/** Queues, standard and FIFO, with dead-letter queues and their redrive. See SPEC.md. */
export function createSqs(context: ServiceContext): Service {
  const queues = createQueues(context)
  const moveTasks = createMoveTasks(context, queues)
  const stopping = new AbortController()
  let endMetrics = () => {}

  return {
    name: 'sqs',
    protocol: 'json',
    targetPrefix: 'AmazonSQS',
    jsonVersion: '1.0',
    queryErrorCodes: QUERY_ERROR_CODES,
    query: QUERY_FACE,
    operations: {
      ...queueOperations(context, queues),
      ...sendOperations(context, queues, createDeduplication(context)),
      ...acknowledgeOperations(context, queues),
      ...moveTasks.operations,
      ReceiveMessage: receiveOperation(context, queues, stopping.signal),
    },
    start: () => {
      moveTasks.resume()
      endMetrics = publishMetrics(context, queues)
    },
    stop: () => {
      endMetrics()
      moveTasks.stop()
      stopping.abort()
    },
  }
}
