import { setTimeout as sleep } from 'node:timers/promises'
import type { MoveTask, Queues } from '../aws/queues.ts'
import { type Emit, runStep } from '../ui/events.ts'

export interface RedriveOptions {
  queues: Queues
  deadLetterUrl: string
  /** Messages a second; SQS decides when absent. */
  perSecond?: number
  emit: Emit
  signal: AbortSignal
  pollMs: number
  /** How long the move is followed, in ms. @default ten minutes */
  timeoutMs?: number
}

export interface Redriven {
  /** SQS's own: only `COMPLETED` is success; `RUNNING` goes on without the command. */
  status: string
  /** As SQS counts them. */
  moved: number
  toMove: number
  deadLettersLeft: number
  failure?: string
}

const TIMEOUT_MS = 10 * 60_000

/**
 * Moves every dead letter back to the queue that it came from, by SQS's own move task, and follows it to its end, to
 * Ctrl-C or to the timeout. A move that is under way already is followed, not started twice.
 * @returns undefined when there was nothing to move
 */
export async function redrive(options: RedriveOptions): Promise<Redriven | undefined> {
  const { queues, deadLetterUrl, perSecond, emit } = options
  const { arn, waiting } = await queues.counts(deadLetterUrl)
  const running = (await queues.lastMove(arn))?.status === 'RUNNING'
  if (!running && waiting === 0) return undefined
  const task = await runStep(
    emit,
    'queue.redrive',
    running ? 'follow the redrive that is under way' : 'move the dead letters back to their queue',
    async step => {
      if (!running) await queues.startMove(arn, perSecond)
      return follow(options, arn, step.progress)
    },
    movedWords,
    ({ status }) => status === 'COMPLETED',
  )
  const { status, moved, toMove = moved, failure } = task
  return { status, moved, toMove, failure, deadLettersLeft: (await queues.counts(deadLetterUrl)).waiting }
}

async function follow(
  { queues, signal, pollMs, timeoutMs = TIMEOUT_MS }: RedriveOptions,
  arn: string,
  progress: (message: string, data?: object) => void,
): Promise<MoveTask> {
  const deadline = performance.now() + timeoutMs
  let told = -1
  for (;;) {
    const task = await queues.lastMove(arn)
    if (task && task.moved !== told) progress(movedWords(task), task)
    told = task?.moved ?? told
    const over = task && !/^(RUNNING|CANCELLING)$/.test(task.status)
    if (task && (over || signal.aborted || performance.now() > deadline)) return task
    await sleep(pollMs, undefined, { signal }).catch(() => {})
  }
}

/** `3 of 12 moved`. */
export function movedWords({ moved, toMove }: Pick<MoveTask, 'moved' | 'toMove'>): string {
  return `${moved} of ${toMove ?? 'an unknown number of'} moved`
}
