import { randomUUID } from 'node:crypto'
import type { ServiceContext } from '../../core/service.ts'
import { createMailbox, type Mailbox } from './mailbox.ts'
import type { Attributes, RedrivePolicy } from './queue-attributes.ts'
import { emptyTally, type Tally } from './queue-metrics.ts'
import { missing, sqsError } from './sqs-errors.ts'

/** A queue as it is kept. */
export interface QueueRecord {
  /** A new one for every queue made, so that messages of a deleted namesake never return. */
  id: string
  name: string
  fifo: boolean
  attributes: Attributes
  tags: Record<string, string>
  createdAt: number
  modifiedAt: number
  purgedAt?: number
}

export interface Queue {
  record: QueueRecord
  arn: string
  mailbox: Mailbox
  /** A numeric attribute, times in milliseconds. */
  milliseconds(attribute: string): number
  redrive(): RedrivePolicy | undefined
  /** What CloudWatch has not been told yet. */
  tally: Tally
  /** When it last held or saw a message; since the start of the cloud at the latest. */
  activeAt: number
  /** Ends the long polls of a deleted queue. */
  deleted: AbortController
}

export interface Queues {
  /** @throws AwsError `QueueDoesNotExist` */
  byUrl(url: string | undefined): Queue
  byName(name: string): Queue | undefined
  byArn(arn: string): Queue | undefined
  url(queue: Queue): string
  create(record: Omit<QueueRecord, 'id'>): Queue
  save(queue: Queue): void
  delete(queue: Queue): void
  all(): Queue[]
  /** When a queue of this name was deleted, if lately. */
  deletedAt(name: string): number | undefined
}

export function createQueues({ store, clock, accountId, region, endpoint }: ServiceContext): Queues {
  const records = store.collection<QueueRecord>('sqs', 'queue')
  const graves = new Map<string, number>()
  const queues = new Map<string, Queue>()
  for (const record of records.list()) open(record)

  function open(record: QueueRecord): Queue {
    const milliseconds = (attribute: string) => Number(queue.record.attributes[attribute]) * 1000
    const queue: Queue = {
      record,
      arn: `arn:aws:sqs:${region}:${accountId}:${record.name}`,
      mailbox: createMailbox({
        queueId: record.id,
        fifo: record.fifo,
        clock,
        store,
        retention: () => milliseconds('MessageRetentionPeriod'),
      }),
      milliseconds,
      redrive: () => {
        const policy = queue.record.attributes.RedrivePolicy
        return policy ? (JSON.parse(policy) as RedrivePolicy) : undefined
      },
      tally: emptyTally(),
      activeAt: clock.now(),
      deleted: new AbortController(),
    }
    queues.set(record.name, queue)
    return queue
  }

  function byUrl(url: string | undefined): Queue {
    if (!url) throw missing('QueueUrl')
    const queue = queues.get(url.replace(/\/+$/, '').split('/').pop() ?? '')
    if (!queue) throw noSuchQueue()
    return queue
  }

  function byArn(arn: string): Queue | undefined {
    const queue = queues.get(arn.split(':').pop() ?? '')
    return queue?.arn === arn ? queue : undefined
  }

  return {
    byUrl,
    byName: name => queues.get(name),
    byArn,
    url: queue => `${endpoint()}/${accountId}/${queue.record.name}`,
    create: made => {
      const record = { id: randomUUID(), ...made }
      records.put(record.name, record)
      graves.delete(record.name)
      return open(record)
    },
    save: queue => records.put(queue.record.name, queue.record),
    delete: queue => {
      store.transaction(() => {
        queue.mailbox.clear()
        records.delete(queue.record.name)
      })
      queues.delete(queue.record.name)
      graves.set(queue.record.name, clock.now())
      queue.deleted.abort(noSuchQueue())
    },
    all: () => [...queues.values()].sort((a, b) => (a.record.name < b.record.name ? -1 : 1)),
    deletedAt: name => graves.get(name),
  }
}

export function noSuchQueue() {
  return sqsError('QueueDoesNotExist', 'The specified queue does not exist.')
}
