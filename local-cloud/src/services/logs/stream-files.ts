import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
} from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceContext } from '../../core/service.ts'

/** A segment that has reached this size is closed: what one read holds in memory. */
const SEGMENT_BYTES = 512 * 1024

/** What is known of a segment without reading it. Times in ms since the epoch. */
export interface Segment {
  stream: number
  sequence: number
  bytes: number
  /** Earliest and latest event. */
  from: number
  to: number
  ingestedAt: number
}

export interface StoredEvent {
  timestamp: number
  ingestionTime: number
  message: string
  /** Decimal digits; orders all events of all streams by time, then stream, then arrival. */
  position: string
}

/**
 * The events of all streams, in append-only files: `<stream id>/<sequence>.jsonl`, one line
 * `[timestamp, ingestionTime, message]` an event. Segments that are closed have one index record each in the store;
 * the last segment's is read from the file when the stream is first used, which also drops a line that a crash cut off.
 */
export interface StreamFiles {
  /** On disk when it returns. @throws the disk's error, after which nothing of the batch is there */
  append(stream: number, events: { timestamp: number; message: string }[], ingestionTime: number): void
  segments(stream: number): Segment[]
  read(segment: Segment): Promise<StoredEvent[]>
  /** Removes the segments that have only events before `time`. */
  dropBefore(stream: number, time: number): void
  remove(stream: number): Promise<void>
  /** Removes folders of streams that `isKnown` does not know. */
  sweep(isKnown: (stream: number) => boolean): Promise<void>
}

export function openStreamFiles(context: ServiceContext): StreamFiles {
  const root = context.store.folder('logs')
  const index = context.store.collection<Segment>('logs', 'segment')
  const opened = new Map<number, { closed: Segment[]; tail: Segment }>()
  const folderOf = (stream: number) => join(root, String(stream))
  const fileOf = ({ stream, sequence }: Segment) => join(folderOf(stream), `${digits(sequence, 8)}.jsonl`)
  const keyOf = ({ stream, sequence }: Segment) => `${stream}:${digits(sequence, 8)}`

  function open(stream: number) {
    const known = opened.get(stream)
    if (known) return known
    const closed = index.list(`${stream}:`)
    const last = closed.at(-1)?.sequence ?? 0
    const newest = sequencesOf(stream).at(-1) ?? 0
    const tail = recover(fresh(stream, Math.max(newest, last + 1)))
    const state = { closed, tail }
    opened.set(stream, state)
    return state
  }

  function sequencesOf(stream: number): number[] {
    if (!existsSync(folderOf(stream))) return []
    return readdirSync(folderOf(stream))
      .map(name => Number.parseInt(name, 10))
      .sort((a, b) => a - b)
  }

  /** Reads the last segment's index from its file, and cuts off what is no whole line. */
  function recover(tail: Segment): Segment {
    const file = fileOf(tail)
    if (!existsSync(file)) return tail
    const content = readFileSync(file)
    const whole = content.lastIndexOf(10) + 1
    if (whole < content.length) truncateSync(file, whole)
    for (const event of parse(tail, content.subarray(0, whole))) note(tail, event)
    tail.bytes = whole
    return tail
  }

  function append(
    stream: number,
    events: { timestamp: number; message: string }[],
    ingestionTime: number,
  ): void {
    const state = open(stream)
    const { tail } = state
    const lines = events.map(event => `${JSON.stringify([event.timestamp, ingestionTime, event.message])}\n`)
    const data = Buffer.from(lines.join(''))
    mkdirSync(folderOf(stream), { recursive: true, mode: 0o700 })
    try {
      context.store.room('logs')
      appendFileSync(fileOf(tail), data, { mode: 0o600 })
    } catch (error) {
      cutBack(tail)
      throw error
    }
    tail.bytes += data.length
    for (const { timestamp } of events) note(tail, { timestamp, ingestionTime })
    if (tail.bytes < SEGMENT_BYTES) return
    index.put(keyOf(tail), tail)
    state.closed.push(tail)
    state.tail = fresh(stream, tail.sequence + 1)
  }

  /** Takes away what a failed write left; where even that fails, readers stop at the length that is known good. */
  function cutBack(tail: Segment): void {
    try {
      truncateSync(fileOf(tail), tail.bytes)
    } catch (error) {
      context.log('logs', 'a failed write could not be taken back', {
        code: (error as { code?: string }).code,
      })
    }
  }

  function segments(stream: number): Segment[] {
    const { closed, tail } = open(stream)
    return tail.bytes > 0 ? [...closed, { ...tail }] : closed
  }

  async function read(segment: Segment): Promise<StoredEvent[]> {
    const content = await readFile(fileOf(segment)).catch(error => {
      if (error.code === 'ENOENT') return Buffer.alloc(0)
      throw error
    })
    return parse(segment, content.subarray(0, segment.bytes))
  }

  function dropBefore(stream: number, time: number): void {
    const state = open(stream)
    for (const segment of segments(stream)) {
      if (segment.to >= time) continue
      // The records go first: a file without one is swept, a record without its file would stay.
      index.delete(keyOf(segment))
      rmSync(fileOf(segment), { force: true })
      state.closed = state.closed.filter(({ sequence }) => sequence !== segment.sequence)
      if (segment.sequence === state.tail.sequence) state.tail = fresh(stream, segment.sequence)
    }
  }

  async function remove(stream: number): Promise<void> {
    opened.delete(stream)
    for (const key of index.keys(`${stream}:`)) index.delete(key)
    await rm(folderOf(stream), { recursive: true, force: true })
  }

  async function sweep(isKnown: (stream: number) => boolean): Promise<void> {
    for (const name of readdirSync(root)) if (!isKnown(Number(name))) await remove(Number(name))
  }

  return { append, segments, read, dropBefore, remove, sweep }
}

function fresh(stream: number, sequence: number): Segment {
  return { stream, sequence, bytes: 0, from: Number.MAX_SAFE_INTEGER, to: 0, ingestedAt: 0 }
}

function note(segment: Segment, event: { timestamp: number; ingestionTime: number }): void {
  segment.from = Math.min(segment.from, event.timestamp)
  segment.to = Math.max(segment.to, event.timestamp)
  segment.ingestedAt = Math.max(segment.ingestedAt, event.ingestionTime)
}

function parse({ stream, sequence }: Segment, content: Buffer): StoredEvent[] {
  const lines = content.toString('utf8').split('\n')
  return lines.slice(0, -1).flatMap((line, at) => {
    const [timestamp, ingestionTime, message] = readLine(line) ?? []
    if (timestamp === undefined || ingestionTime === undefined || message === undefined) return []
    const position = digits(timestamp, 13) + digits(stream, 9) + digits(sequence, 8) + digits(at, 7)
    return [{ timestamp, ingestionTime, message, position }]
  })
}

/** A line that was damaged on disk is skipped; the others are still worth reading. */
function readLine(line: string): [number, number, string] | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
