import type { MetricDatum } from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { Queue, Queues } from './queues.ts'

/** What happened to a queue since it was last told, under CloudWatch's names. */
export interface Tally {
  NumberOfMessagesSent: number
  NumberOfMessagesReceived: number
  NumberOfMessagesDeleted: number
  NumberOfEmptyReceives: number
  /** Sizes of the messages sent, in bytes, and how many had each. */
  sizes: Map<number, number>
}

/** Most samples in one PutMetricData, and most distinct values in one sample, as on AWS. */
const MOST_DATA = 1000
const MOST_VALUES = 150
/** A queue that was still and empty for this long is not told any more. */
const ACTIVE_MS = 6 * 3_600_000

export function emptyTally(): Tally {
  return {
    NumberOfMessagesSent: 0,
    NumberOfMessagesReceived: 0,
    NumberOfMessagesDeleted: 0,
    NumberOfEmptyReceives: 0,
    sizes: new Map(),
  }
}

/**
 * Tells CloudWatch each minute what queues hold and what happened to them, as SQS does. Without a CloudWatch among
 * the services nobody is told.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * @returns what ends it
 */
export function publishMetrics({ clock, invoke, log }: ServiceContext, queues: Queues): () => void {
  let cancel = () => {}

  async function publish(): Promise<void> {
    const data = queues.all().flatMap(queue => minuteOf(queue, clock.now()))
    for (let at = 0; at < data.length; at += MOST_DATA)
      await invoke(
        'monitoring',
        'PutMetricData',
        { Namespace: 'AWS/SQS', MetricData: data.slice(at, at + MOST_DATA) },
        'sqs.amazonaws.com',
      )
    schedule()
  }

  function schedule(): void {
    cancel = clock.after(clock.minutes(1), () => {
      publish().catch(error => {
        if (error instanceof AwsError && error.status === 501) return
        log('sqs', 'metrics were not published', { error: (error as Error).message })
        schedule()
      })
    })
  }

  schedule()
  return () => cancel()
}

/** The samples of one queue for the minute that ends now; its tally begins anew. */
function minuteOf(queue: Queue, now: number): MetricDatum[] {
  const { sizes, ...happened } = queue.tally
  const { visible, inFlight, delayed } = queue.mailbox.counts()
  const held = visible + inFlight + delayed
  if (held > 0 || Object.values(happened).some(count => count > 0)) queue.activeAt = now
  if (now - queue.activeAt > ACTIVE_MS) return []
  queue.tally = emptyTally()
  const shape = { Timestamp: new Date(now), Dimensions: [{ Name: 'QueueName', Value: queue.record.name }] }
  const count = (MetricName: string, Value: number): MetricDatum => ({
    ...shape,
    MetricName,
    Value,
    Unit: 'Count',
  })
  const oldest = queue.mailbox.oldest()
  const age = oldest === undefined ? 0 : Math.max(0, Math.floor((now - oldest) / 1000))
  const bytes = [...sizes]
  const data: MetricDatum[] = [
    count('ApproximateNumberOfMessagesVisible', visible),
    count('ApproximateNumberOfMessagesNotVisible', inFlight),
    count('ApproximateNumberOfMessagesDelayed', delayed),
    ...Object.entries(happened).map(([name, value]) => count(name, value)),
    { ...shape, MetricName: 'ApproximateAgeOfOldestMessage', Value: age, Unit: 'Seconds' },
  ]
  for (let at = 0; at < bytes.length; at += MOST_VALUES) {
    const some = bytes.slice(at, at + MOST_VALUES)
    data.push({
      ...shape,
      MetricName: 'SentMessageSize',
      Unit: 'Bytes',
      Values: some.map(([size]) => size),
      Counts: some.map(([, times]) => times),
    })
  }
  return data
}
