import { randomUUID } from 'node:crypto'
import type {
  CancelMessageMoveTaskRequest,
  CancelMessageMoveTaskResult,
  ListMessageMoveTasksRequest,
  ListMessageMoveTasksResult,
  StartMessageMoveTaskRequest,
  StartMessageMoveTaskResult,
} from '@aws-sdk/client-sqs'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { resurrect } from './dead-letters.ts'
import type { Queue, Queues } from './queues.ts'
import { missing, sqsError, wholeNumber } from './sqs-errors.ts'

interface MoveTask {
  id: string
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'
  source: string
  destination?: string
  /** Messages a second, where the caller set one. */
  rate?: number
  toMove: number
  moved: number
  startedAt: number
  failure?: string
}

/** Messages moved in one step where no rate was asked for, and the most a second that may be asked for. */
const STEP = 500
/** Tasks that a source's list shows. */
const LISTED = 10

/** Redrive of dead letters, as tasks that run on after the answer, and after a restart. */
export function createMoveTasks({ clock, store }: ServiceContext, queues: Queues) {
  const tasks = store.collection<MoveTask>('sqs', 'move-task')
  const running = new Map<string, () => void>()

  function start(input: StartMessageMoveTaskRequest): StartMessageMoveTaskResult {
    const source = sourceQueue(input.SourceArn)
    const rate = wholeNumber('MaxNumberOfMessagesPerSecond', input.MaxNumberOfMessagesPerSecond, 1, STEP)
    if (!queues.all().some(queue => queue.redrive()?.deadLetterTargetArn === source.arn))
      throw refusal('Source queue must be configured as a Dead Letter Queue.')
    const destination = input.DestinationArn
    if (destination !== undefined) {
      const target = queues.byArn(destination)
      if (!target) throw noSuchResource('DestinationArn')
      if (target === source) throw refusal('Source and destination must be different queues.')
      if (target.record.fifo !== source.record.fifo)
        throw refusal('Source and destination must be queues of the same type.')
    }
    if (tasks.list().some(task => task.source === source.arn && task.status === 'RUNNING'))
      throw refusal(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      )
    const task: MoveTask = {
      id: randomUUID(),
      status: 'RUNNING',
      source: source.arn,
      destination,
      rate,
      toMove: source.mailbox.counts().visible,
      moved: 0,
      startedAt: clock.now(),
    }
    tasks.put(task.id, task)
    schedule(task)
    return { TaskHandle: handleOf(task) }
  }

  function sourceQueue(arn: string | undefined): Queue {
    if (!arn) throw missing('SourceArn')
    const queue = queues.byArn(arn)
    if (!queue) throw noSuchResource('SourceArn')
    return queue
  }

  function schedule(task: MoveTask): void {
    const delay = task.rate ? Math.max(1, 1000 / task.rate) : 1
    running.set(
      task.id,
      clock.after(delay, () => step(task)),
    )
  }

  function step(task: MoveTask): void {
    running.delete(task.id)
    const source = queues.byArn(task.source)
    store.transaction(() => {
      try {
        if (!source) throw new Error('AWS.SimpleQueueService.NonExistentQueue')
        const letters = source.mailbox.choose(task.rate ? 1 : STEP, () => true)
        for (const letter of letters) {
          // a letter that was sent to the dead-letter queue directly has nowhere to go back to
          const arn = task.destination ?? letter.source
          if (!arn) throw new Error('CouldNotDetermineMessageSource')
          const target = queues.byArn(arn)
          if (!target) throw new Error('AWS.SimpleQueueService.NonExistentQueue')
          resurrect(source, target, letter, clock.now())
          task.moved++
        }
        if (letters.length === 0 || task.moved >= task.toMove) task.status = 'COMPLETED'
      } catch (error) {
        task.status = 'FAILED'
        task.failure = (error as Error).message
      }
      tasks.put(task.id, task)
    })
    if (task.status === 'RUNNING') schedule(task)
  }

  function list(input: ListMessageMoveTasksRequest): ListMessageMoveTasksResult {
    const source = sourceQueue(input.SourceArn)
    const most = wholeNumber('MaxResults', input.MaxResults, 1, LISTED) ?? 1
    const found = tasks
      .list()
      .filter(task => task.source === source.arn)
      .sort((a, b) => b.startedAt - a.startedAt)
    return {
      Results: found.slice(0, most).map(task => ({
        TaskHandle: task.status === 'RUNNING' ? handleOf(task) : undefined,
        Status: task.status,
        SourceArn: task.source,
        DestinationArn: task.destination,
        MaxNumberOfMessagesPerSecond: task.rate,
        ApproximateNumberOfMessagesMoved: task.moved,
        ApproximateNumberOfMessagesToMove: task.toMove,
        FailureReason: task.failure,
        StartedTimestamp: task.startedAt,
      })),
    }
  }

  function cancel(input: CancelMessageMoveTaskRequest): CancelMessageMoveTaskResult {
    if (!input.TaskHandle) throw missing('TaskHandle')
    const id = /^\{"taskId":"([0-9a-f-]{36})"/.exec(Buffer.from(input.TaskHandle, 'base64').toString())?.[1]
    const task = id ? tasks.get(id) : undefined
    if (!task) throw sqsError('ResourceNotFoundException', 'Task does not exist.')
    const stop = running.get(task.id)
    if (!stop) throw refusal('Only active tasks can be cancelled.')
    stop()
    running.delete(task.id)
    tasks.put(task.id, { ...task, status: 'CANCELLED' })
    return { ApproximateNumberOfMessagesMoved: task.moved }
  }

  const operations: Record<string, Operation> = {
    StartMessageMoveTask: start,
    ListMessageMoveTasks: list,
    CancelMessageMoveTask: cancel,
  }
  return {
    operations,
    /** Goes on with the tasks that a stop or a crash interrupted. */
    resume: () => {
      for (const task of tasks.list()) if (task.status === 'RUNNING') schedule(task)
    },
    stop: () => {
      for (const stop of running.values()) stop()
    },
  }
}

function handleOf(task: MoveTask): string {
  return Buffer.from(JSON.stringify({ taskId: task.id, sourceArn: task.source })).toString('base64')
}

function noSuchResource(parameter: string) {
  return sqsError(
    'ResourceNotFoundException',
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
  )
}

function refusal(message: string) {
  return sqsError('InvalidParameterValueException', message)
}
