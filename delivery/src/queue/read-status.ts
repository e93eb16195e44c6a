import type { Logs } from '../aws/logs.ts'
import type { QueueAge } from '../aws/queue-age.ts'
import type { DeadLetter, MoveTask, QueueCounts, Queues } from '../aws/queues.ts'
import { reasonsIn } from './reasons.ts'

/** Whom the state of the queues is asked of, and where they are. */
export interface QueueWorld {
  queues: Queues
  age: QueueAge
  logs: Pick<Logs, 'since'>
  queue: { name: string; url: string }
  deadLetters: { name: string; url: string }
  workerLogGroup: string
  now(): Date
}

/** A dead letter and why the worker gave it up; never what is in it. */
export interface GivenUp {
  message: string
  sentAt: Date
  /** `unknown` where neither the message nor the worker's log tells. */
  reason: string
  upload?: string
}

export interface QueueStatus {
  queue: QueueCounts & { name: string; oldest?: { seconds: number; at: Date } }
  deadLetters: QueueCounts & { name: string; oldest?: { seconds: number; at: Date } }
  /** Up to ten of the dead letters: SQS shows no more at a time. */
  looked: GivenUp[]
  /** The newest redrive. */
  move?: MoveTask
  /** What could not be asked. */
  unchecked: string[]
}

/** The state of the processing queue and of what was given up; nothing is taken from either. */
export async function readQueueStatus(world: QueueWorld): Promise<QueueStatus> {
  const { queues, age, queue, deadLetters } = world
  const unchecked: string[] = []
  const ask = async <T>(what: string, call: Promise<T>): Promise<T | undefined> => {
    try {
      return await call
    } catch (error) {
      unchecked.push(`${what}: ${(error as Error).name}`)
      return undefined
    }
  }
  const [of, dead, oldest, oldestDead] = await Promise.all([
    queues.counts(queue.url),
    queues.counts(deadLetters.url),
    ask('the age of the oldest message', age.oldest(queue.name, world.now())),
    ask('the age of the oldest dead letter', age.oldest(deadLetters.name, world.now())),
  ])
  const [letters, move] = await Promise.all([
    dead.waiting > 0 ? ask('the dead letters', queues.look(deadLetters.url)) : [],
    ask('the last redrive', queues.lastMove(dead.arn)),
  ])
  return {
    queue: { name: queue.name, ...of, oldest },
    deadLetters: { name: deadLetters.name, ...dead, oldest: oldestDead },
    looked: await explain(world, letters ?? [], ask),
    move,
    unchecked,
  }
}

/** The reason that a letter carries, else what the worker wrote of its last attempt. */
async function explain(
  { logs, workerLogGroup }: QueueWorld,
  letters: DeadLetter[],
  ask: <T>(what: string, call: Promise<T>) => Promise<T | undefined>,
): Promise<GivenUp[]> {
  if (letters.length === 0) return []
  const since = Math.min(...letters.map(({ sentAt }) => sentAt.getTime()))
  const pattern = `{ ${letters.map(({ id }) => `$.message_id = "${id}"`).join(' || ')} }`
  const lines = (await ask("the worker's log", logs.since(workerLogGroup, since, pattern))) ?? []
  const told = reasonsIn(lines.map(({ message = '' }) => message))
  return letters.map(({ id, sentAt, reason }) => ({
    message: id,
    sentAt,
    reason: reason ?? told.get(id)?.reason ?? 'unknown',
    upload: told.get(id)?.upload,
  }))
}
