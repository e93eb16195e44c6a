import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type AnswerHead, createAnswerParser } from './answer-parser.ts'

/** Longest that a connection to a target lies idle before it is closed; shorter than servers' usual five seconds. */
const IDLE_MS = 2000
const MOST_IDLE = 256
/**
 * Into it goes what any target sends, to be done with before the next is read. (Otherwise Node makes 64 KiB for each
 * piece that arrives.)
 */
const READ_BUFFER = Buffer.alloc(64 * 1024)

/** A request's head, for a target. */
export interface RequestHead {
  method: string
  path: string
  /** Its lines, each with its end. */
  headers: string
  /** Whether the body has no length. */
  chunked: boolean
}

/** Told of what becomes of a request to a target. */
export interface UpstreamEvents {
  /** There is a connection, and the head is on its way: a body may follow. */
  connected(): void
  head(head: AnswerHead): void
  /** @param chunk to be copied by whoever keeps it longer than the call */
  data(chunk: Buffer): void
  end(): void
  /** All bytes that have come have been told. */
  read(): void
  /** The connection or the answer broke; nothing comes after it. */
  failed(): void
  /** More of a body may be written. */
  drain(): void
}

/** One request under way. */
export interface Upstream {
  /** Whether it goes over a connection that has carried others. */
  readonly reused: boolean
  /** A piece of the body. @returns false when the target is slow: wait for `drain` */
  write(chunk: Buffer): boolean
  /** The body is whole. */
  end(): void
  pause(): void
  resume(): void
  /** Gives the request up, and its connection with it. */
  destroy(): void
}

/** The connections to one target, kept for a while. */
export interface Upstreams {
  /** How many connections lie idle. */
  idle(): number
  /** @param fresh a connection of its own, which is not kept */
  send(head: RequestHead, bodied: boolean, fresh: boolean, events: UpstreamEvents): Upstream
  /** Closes idle connections; others are not kept when they become idle. */
  close(): void
}

interface Line {
  socket: Socket
  ready: boolean
  /** Whether the request that it carries has been sent whole. */
  sent: boolean
  events?: UpstreamEvents
  begin(events: UpstreamEvents, head: RequestHead, keeps: boolean): void
}

/**
 * Keeps connections to a target. Written on sockets: Node's own client takes as long for a request as all the rest
 * of the load balancer (`bench/alb.ts`).
 */
export function createUpstreams(place: { id: string; port: number; secure: boolean }): Upstreams {
  const idle: Line[] = []
  let closed = false

  function open(): Line {
    const to = { host: place.id, port: place.port, noDelay: true }
    const onread = {
      buffer: READ_BUFFER,
      callback: (length: number) => {
        read(READ_BUFFER.subarray(0, length))
        return true
      },
    }
    const socket = place.secure
      ? connectTls({ ...to, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
      : connect({ ...to, onread })
    const parser = createAnswerParser()
    // Asked anew each time: a request that has been given up hears nothing more.
    const answer = {
      head: (head: AnswerHead) => line.events?.head(head),
      data: (chunk: Buffer) => line.events?.data(chunk),
      end: ended,
    }
    let keeps = true
    const line: Line = { socket, ready: false, sent: true, begin }

    function begin(events: UpstreamEvents, { method, path, headers }: RequestHead, mayKeep: boolean): void {
      line.events = events
      keeps = mayKeep
      parser.expect(answer, method === 'HEAD')
      const connection = keeps ? 'keep-alive' : 'close'
      socket.write(`${method} ${path} HTTP/1.1\r\n${headers}Connection: ${connection}\r\n\r\n`, 'latin1')
    }

    function read(bytes: Buffer): void {
      try {
        parser.feed(bytes)
        line.events?.read()
      } catch {
        broke()
      }
    }

    function ended(keep: boolean): void {
      const { events } = line
      line.events = undefined
      // The last bytes of a body that the target did not wait for would be taken for the next request.
      if (keep && keeps && !closed && !socket.destroyed && line.sent && idle.length < MOST_IDLE) {
        if (socket.isPaused()) socket.resume()
        idle.push(line)
      } else socket.destroy()
      events?.end()
    }

    function broke(): void {
      const at = idle.indexOf(line)
      if (at >= 0) idle.splice(at, 1)
      const { events } = line
      line.events = undefined
      socket.destroy()
      events?.failed()
    }

    socket.on(place.secure ? 'secureConnect' : 'connect', () => {
      line.ready = true
      line.events?.connected()
    })
    if (place.secure) socket.on('data', read)
    socket.on('end', () => {
      try {
        parser.finish()
        if (!line.events) broke()
      } catch {
        broke()
      }
    })
    socket.on('drain', () => line.events?.drain())
    // Every byte begins the time anew: what is under way when it ends has its own watch.
    socket.setTimeout(IDLE_MS)
    socket.on('timeout', () => {
      if (!line.events) broke()
    })
    socket.on('error', broke)
    socket.on('close', broke)
    return line
  }

  /** The newest idle connection that is still whole. */
  function take(): Line | undefined {
    for (;;) {
      const line = idle.pop()
      if (!line) return undefined
      if (line.socket.destroyed || !line.socket.writable || line.socket.readableEnded) continue
      return line
    }
  }

  function send(head: RequestHead, bodied: boolean, fresh: boolean, events: UpstreamEvents): Upstream {
    const known = fresh ? undefined : take()
    const line = known ?? open()
    const { socket } = line
    const chunked = bodied && head.chunked
    line.sent = !bodied
    line.begin(events, head, !fresh)
    const own = () => line.events === events
    if (line.ready && bodied) queueMicrotask(() => own() && events.connected())
    return {
      reused: known !== undefined,
      write: chunk => {
        if (!own()) return true
        if (!chunked) return socket.write(chunk)
        socket.cork()
        socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
        socket.write(chunk)
        const room = socket.write('\r\n', 'latin1')
        socket.uncork()
        return room
      },
      end: () => {
        if (!own()) return
        line.sent = true
        if (chunked) socket.write('0\r\n\r\n', 'latin1')
      },
      pause: () => void (own() && socket.pause()),
      resume: () => void (own() && socket.resume()),
      destroy: () => {
        if (!own()) return
        line.events = undefined
        socket.destroy()
      },
    }
  }

  return {
    idle: () => idle.length,
    send,
    close: () => {
      closed = true
      for (const { socket } of idle.splice(0)) socket.destroy()
    },
  }
}
