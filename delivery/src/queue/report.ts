import { formatSeconds } from '../ui/format-seconds.ts'
import type { QueueStatus } from './read-status.ts'

/** The state of the queues as text; what there is to do comes last. */
export function queueLines(
  { queue, deadLetters, looked, move, unchecked }: QueueStatus,
  environment: string,
  now: Date,
): string[] {
  const byReason = Map.groupBy(looked, ({ reason }) => reason)
  const age = ({ oldest }: { oldest?: { seconds: number; at: Date } }) =>
    oldest
      ? `${formatSeconds(oldest.seconds)} at ${oldest.at.toISOString().slice(11, 19)}Z`
      : 'unknown: CloudWatch has no figure of it'
  return [
    queue.name,
    `  waiting     ${queue.waiting}, being worked on ${queue.inFlight}, not due yet ${queue.delayed}`,
    `  oldest      ${queue.waiting + queue.inFlight === 0 ? 'none' : age(queue)}`,
    deadLetters.name,
    `  waiting     ${deadLetters.waiting}, each after ${queue.maxReceives ?? 'an unknown number of'} attempts`,
    ...(deadLetters.waiting > 0 ? [`  oldest      ${oldestOf()}`] : []),
    ...[...byReason].map(([reason, letters]) => `  reason      ${letters.length} × ${reason}`),
    ...(deadLetters.waiting > looked.length
      ? [`  looked at   ${looked.length} of ${deadLetters.waiting}: SQS shows no more at a time`]
      : []),
    ...looked.map(
      ({ message, upload, sentAt }) =>
        `  letter      ${message}${upload ? `, upload ${upload}` : ''}, sent ${sentAt.toISOString().slice(0, 19)}Z`,
    ),
    ...(move ? [`  redrive     ${moveWords()}`] : []),
    ...unchecked.map(what => `  could not check ${what}`),
    ...(deadLetters.waiting > 0
      ? ['', `once their cause is mended, move them back: clarity queue ${environment} redrive`]
      : []),
  ]

  /** By what was looked at, where CloudWatch has no figure. */
  function oldestOf(): string {
    if (deadLetters.oldest || looked.length === 0) return age(deadLetters)
    const first = Math.min(...looked.map(({ sentAt }) => sentAt.getTime()))
    return `${formatSeconds((now.getTime() - first) / 1000)}, of those looked at`
  }

  function moveWords(): string {
    const of = `${move?.moved} of ${move?.toMove ?? 'an unknown number'}`
    return `${move?.status.toLowerCase()}, ${of} moved, begun ${move?.startedAt.toISOString().slice(0, 19)}Z${move?.failure ? `: ${move.failure}` : ''}`
  }
}
