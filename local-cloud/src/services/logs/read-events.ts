import type { Segment, StoredEvent, StreamFiles } from './stream-files.ts'

export interface Range {
  /** First and last timestamp, both included. */
  from: number
  to: number
  /** Only what lies after, or before, this position. */
  after?: string
  before?: string
  /** Latest first. @default false */
  backward?: boolean
}

/**
 * The events of some segments in the order of their positions. Segments are read when their time comes, so that memory
 * holds those that overlap in time and no others.
 */
export async function* readEvents(
  files: StreamFiles,
  segments: Segment[],
  range: Range,
): AsyncGenerator<StoredEvent> {
  const { backward = false } = range
  const start = (segment: Segment) => (backward ? -segment.to : segment.from)
  const time = (event: StoredEvent) => (backward ? -event.timestamp : event.timestamp)
  const pending = segments
    .filter(segment => segment.to >= range.from && segment.from <= range.to && mayHold(segment, range))
    .sort((a, b) => start(a) - start(b))
  let active: { events: StoredEvent[]; at: number }[] = []

  for (;;) {
    let first = earliest(active, backward)
    for (let next = pending[0]; next && (!first || start(next) <= time(head(first))); next = pending[0]) {
      pending.shift()
      const events = (await files.read(next)).filter(event => isWithin(event, range))
      events.sort((a, b) => (a.position < b.position !== backward ? -1 : 1))
      if (events.length > 0) active.push({ events, at: 0 })
      first = earliest(active, backward)
    }
    if (!first) return
    yield head(first)
    first.at++
    if (first.at === first.events.length) active = active.filter(cursor => cursor !== first)
  }
}

type Cursor = { events: StoredEvent[]; at: number }

function head({ events, at }: Cursor): StoredEvent {
  return events[at] as StoredEvent
}

function earliest(active: Cursor[], backward: boolean): Cursor | undefined {
  let best: Cursor | undefined
  for (const cursor of active)
    if (!best || head(cursor).position < head(best).position !== backward) best = cursor
  return best
}

/** Positions begin with the timestamp, so a segment that ended before `after` need not be read. */
function mayHold(segment: Segment, { after, before }: Range): boolean {
  return (
    (after === undefined || segment.to >= Number(after.slice(0, 13))) &&
    (before === undefined || segment.from <= Number(before.slice(0, 13)))
  )
}

function isWithin({ timestamp, position }: StoredEvent, { from, to, after, before }: Range): boolean {
  return (
    timestamp >= from &&
    timestamp <= to &&
    (after === undefined || position > after) &&
    (before === undefined || position < before)
  )
}
