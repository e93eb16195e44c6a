import { Readable } from 'node:stream'
import type { Clock } from '../../domain/clock.ts'
import { type EventStore, eventTime, type UserEvent } from '../../domain/user-event.ts'
import type { Log } from '../../logging.ts'
import { failureReason } from '../health/checks.ts'

export interface HubDeps {
  events: Pick<EventStore, 'since'>
  clock: Clock
  log: Log
  /** How often the table is asked, once a user whatever the number of streams. @default 1000 */
  pollMs?: number
  /** How often a comment shows that the stream lives; an ALB cuts what is silent for 60 s. @default 15000 */
  heartbeatMs?: number
  /** How long a stream lasts; the client comes back with a token that is still good. @default ten minutes */
  longestMs?: number
  /** Most streams of one user, and of this process. @default 5, 1000 */
  mostOfUser?: number
  most?: number
}

/** Streams of server-sent events. */
export interface EventHub {
  /** @param lastId of the last event that the client has seen */
  open(userId: string, lastId?: string): Readable | 'too_many_of_user' | 'too_many'
  /** Ends every stream, and opens none any more. */
  close(): void
}

/** Clocks of the processes that record events differ: what is this much older than the newest is looked for again. */
const SKEW_MS = 5_000
/** Events that one question brings at most. */
const PAGE = 500
/** What a client that does not read may leave waiting, in bytes. */
const MOST_WAITING = 256 * 1024
/** Events are kept for a day. */
const KEPT_MS = 24 * 3_600_000

interface Stream {
  out: Readable
  /** Events up to this id are of no interest. */
  after: string
  /** Time of the newest event sent, or of the start. */
  position: number
  sent: Map<string, number>
  endsAt: number
}

export function createEventHub(deps: HubDeps): EventHub {
  const { clock, log, pollMs = 1000, heartbeatMs = 15_000, longestMs = 600_000 } = deps
  const users = new Map<string, Set<Stream>>()
  let open = 0
  let closed = false
  let heartbeat: NodeJS.Timeout | undefined

  async function poll(userId: string, streams: Set<Stream>): Promise<void> {
    let wait = pollMs
    try {
      const from = Math.min(...[...streams].map(({ position }) => position)) - SKEW_MS
      const events = await deps.events.since(userId, from, PAGE)
      for (const stream of streams) send(stream, events)
      if (events.length === PAGE) wait = 0
    } catch (error) {
      log.warn('events not read', { dependency: 'table', reason: failureReason(error) })
      wait = pollMs * 5
    }
    if (streams.size > 0) setTimeout(() => void poll(userId, streams), wait).unref()
    else if (users.get(userId) === streams) users.delete(userId)
  }

  function send(stream: Stream, events: readonly (UserEvent & { id: string })[]): void {
    for (const { id, type, data } of events) {
      if (id <= stream.after || stream.sent.has(id)) continue
      const at = eventTime(id) ?? stream.position
      stream.out.push(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
      stream.sent.set(id, at)
      stream.position = Math.max(stream.position, at)
    }
    for (const [id, at] of stream.sent) if (at < stream.position - 2 * SKEW_MS) stream.sent.delete(id)
    if (stream.out.readableLength > MOST_WAITING) stream.out.destroy()
  }

  function beat(): void {
    const now = clock.now()
    for (const streams of users.values())
      for (const { out, endsAt } of streams) out.push(now >= endsAt ? null : ': still here\n\n')
  }

  return {
    open: (userId, lastId) => {
      const streams = users.get(userId) ?? new Set<Stream>()
      if (streams.size >= (deps.mostOfUser ?? 5)) return 'too_many_of_user'
      if (closed || open >= (deps.most ?? 1000)) return 'too_many'
      const now = clock.now()
      const seen = lastId === undefined ? undefined : eventTime(lastId)
      const stream: Stream = {
        out: new Readable({ read: () => {} }),
        after: seen === undefined ? String(now).padStart(14, '0') : (lastId as string),
        position: seen ?? now,
        sent: new Map(),
        endsAt: now + longestMs,
      }
      stream.out.push('retry: 3000\n\n')
      if (lastId !== undefined && (seen === undefined || seen < now - KEPT_MS))
        stream.out.push(`event: reset\ndata: ${JSON.stringify({ reason: 'last_event_id_is_too_old' })}\n\n`)
      open++
      streams.add(stream)
      stream.out.once('close', () => {
        open--
        streams.delete(stream)
      })
      if (!users.has(userId)) {
        users.set(userId, streams)
        void poll(userId, streams)
      }
      heartbeat ??= setInterval(beat, heartbeatMs).unref()
      return stream.out
    },
    close: () => {
      closed = true
      clearInterval(heartbeat)
      for (const streams of users.values()) for (const { out } of streams) out.push(null)
    },
  }
}
