import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ListenerRecord } from './model.ts'

/** What became of one request, as the access log tells it. Times are milliseconds. */
export interface Trail {
  /** By the cloud's clock. */
  begunAt: number
  /** By the process's own clock, as the next two. */
  begun: number
  /** When the request went to the target, and when its answer's headers came. */
  sentAt?: number
  answeredAt?: number
  target?: { id: string; port: number }
  targetStatus?: number
  groupArn?: string
  priority: number | 'default' | undefined
  action: 'forward' | 'redirect' | 'fixed-response' | undefined
  redirectUrl?: string
  traceId?: string
  webSocket?: boolean
}

/** Notes to which target a request goes, and under which trace id. */
export function noteRequest(
  trail: Trail,
  target: { id: string; port: number },
  traceId: string,
  now: number,
): void {
  trail.target = { id: target.id, port: target.port }
  trail.sentAt = now
  trail.traceId = traceId
}

/** Bytes of a connection that earlier requests account for, and its own name. */
const connections = new WeakMap<Socket, { read: number; written: number; id: string }>()

/** The name of a connection that its log entries share. */
export function connectionOf(socket: Socket): { read: number; written: number; id: string } {
  let known = connections.get(socket)
  if (!known) {
    known = { read: 0, written: 0, id: `TID_${randomBytes(16).toString('hex')}` }
    connections.set(socket, known)
  }
  return known
}

/**
 * One line of an access log.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
 * @param status what the client got; 460 where it left before
 */
export function accessLogLine(
  trail: Trail,
  request: IncomingMessage,
  status: number,
  place: { listener: ListenerRecord; balancer: string; now: number },
): string {
  const { socket, method, url, headers, httpVersion } = request
  const { listener } = place
  const connection = connectionOf(socket)
  const received = socket.bytesRead - connection.read
  const sent = socket.bytesWritten - connection.written
  connection.read = socket.bytesRead
  connection.written = socket.bytesWritten
  const tls = listener.protocol === 'HTTPS' ? (socket as TLSSocket) : undefined
  const scheme = listener.protocol.toLowerCase()
  const host = headers.host?.replace(/:\d+$/, '') || '127.0.0.1'
  const target = trail.target && `${trail.target.id}:${trail.target.port}`
  return [
    trail.webSocket ? (tls ? 'wss' : 'ws') : scheme,
    new Date(place.now).toISOString().replace('Z', '000Z'),
    place.balancer,
    `${socket.remoteAddress ?? '127.0.0.1'}:${socket.remotePort ?? 0}`,
    target ?? '-',
    seconds(trail.begun, trail.sentAt),
    seconds(trail.sentAt, trail.answeredAt),
    seconds(trail.answeredAt, trail.answeredAt === undefined ? undefined : performance.now()),
    status,
    trail.targetStatus ?? '-',
    received,
    sent,
    quoted(`${method} ${scheme}://${host}:${listener.port}${url} HTTP/${httpVersion}`),
    quoted(headers['user-agent']),
    tls?.getCipher?.()?.name ?? '-',
    tls?.getProtocol?.() ?? '-',
    trail.groupArn ?? '-',
    quoted(trail.traceId),
    quoted((tls as { servername?: string | false } | undefined)?.servername || '-'),
    quoted(tls ? listener.certificates[0] : '-'),
    trail.priority === 'default' ? 0 : (trail.priority ?? '-'),
    new Date(trail.begunAt).toISOString().replace('Z', '000Z'),
    quoted(trail.action),
    quoted(trail.redirectUrl),
    quoted('-'),
    quoted(target),
    quoted(trail.targetStatus === undefined ? '-' : String(trail.targetStatus)),
    quoted('-'),
    quoted('-'),
    connection.id,
  ].join(' ')
}

/**
 * One line of a connection log.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html
 */
export function connectionLogLine(socket: Socket, listener: ListenerRecord, now: number): string {
  const tls = listener.protocol === 'HTTPS' ? (socket as TLSSocket) : undefined
  return [
    new Date(now).toISOString().replace('Z', '000Z'),
    socket.remoteAddress ?? '127.0.0.1',
    socket.remotePort ?? 0,
    listener.port,
    tls?.getProtocol?.() ?? '-',
    tls?.getCipher?.()?.name ?? '-',
    '-',
    quoted('-'),
    '-',
    '-',
    '-',
    connectionOf(socket).id,
  ].join(' ')
}

function seconds(from: number | undefined, to: number | undefined): string {
  return from === undefined || to === undefined ? '-1' : (Math.max(0, to - from) / 1000).toFixed(3)
}

/** A field in quotes; what could end it is written as `\xNN`, as AWS does. */
function quoted(text = '-'): string {
  return `"${text.replace(/["\\]|[^\x20-\x7e]/g, one => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`
}
