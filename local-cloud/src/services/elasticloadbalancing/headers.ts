import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What of the load balancer shapes the headers of a forwarded request. */
export interface HeaderSettings {
  port: number
  protocol: 'HTTP' | 'HTTPS'
  /** `routing.http.xff_header_processing.mode` */
  forwardedFor: string
  /** `routing.http.drop_invalid_header_fields.enabled` */
  dropInvalid: boolean
}

/** RFC 9110 section 7.6.1: they belong to one connection and are never forwarded. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Most names cannot be one of these, which a look at their lengths tells. */
const HOP_LENGTHS = new Set([...HOP_BY_HOP].map(name => name.length))
/** Written anew; `expect` has been answered by the load balancer. */
const REWRITTEN = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-amzn-trace-id',
  'expect',
])
/** AWS's own definition of a valid name. */
const VALID_NAME = /^[A-Za-z0-9-]+$/

/** The headers for the target, as a flat list of names and values with the client's spelling and order. */
export function requestHeaders(request: IncomingMessage, settings: HeaderSettings, now: number): string[] {
  const { headers, rawHeaders } = request
  const named = namedByConnection(headers.connection)
  const out = forwardedHeaders(settings, request.socket.remoteAddress ?? '', now, {
    forwarded: headers['x-forwarded-for'] as string | undefined,
    trace: headers['x-amzn-trace-id'] as string | undefined,
  })
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const lower = name.toLowerCase()
    if (HOP_BY_HOP.has(lower) || REWRITTEN.has(lower) || named?.has(lower)) continue
    if (settings.dropInvalid && !VALID_NAME.test(name)) continue
    out.push(name, rawHeaders[i + 1] as string)
  }
  if (headers['transfer-encoding'] !== undefined) out.push('Transfer-Encoding', 'chunked')
  else if (headers['content-length'] === undefined && mayHaveBody(request)) out.push('Content-Length', '0')
  return out
}

/** The headers that tell a target who asked, as a flat list. @param given what the request said of that already */
export function forwardedHeaders(
  settings: HeaderSettings,
  ip: string,
  now: number,
  given: { forwarded?: string; trace?: string } = {},
): string[] {
  const { forwarded, trace } = given
  const out: string[] = []
  if (settings.forwardedFor === 'append') out.push('X-Forwarded-For', forwarded ? `${forwarded}, ${ip}` : ip)
  else if (settings.forwardedFor === 'preserve' && forwarded) out.push('X-Forwarded-For', forwarded)
  out.push('X-Forwarded-Proto', settings.protocol === 'HTTPS' ? 'https' : 'http')
  out.push('X-Forwarded-Port', String(settings.port))
  out.push('X-Amzn-Trace-Id', traceId(trace, now))
  return out
}

/** The target's headers for the client, as a flat list. @param connection all its `Connection` headers together */
export function responseHeaders(
  rawHeaders: string[],
  connection: string | undefined,
  sendServer: boolean,
): string[] {
  const named = namedByConnection(connection)
  const out: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!named && name.length !== 6 && !HOP_LENGTHS.has(name.length)) {
      out.push(name, rawHeaders[i + 1] as string)
      continue
    }
    const lower = name.toLowerCase()
    if (HOP_BY_HOP.has(lower) || named?.has(lower) || (lower === 'server' && !sendServer)) continue
    out.push(name, rawHeaders[i + 1] as string)
  }
  return out
}

/** A flat list as it stands on the wire, each line with its end. */
export function linesOf(flat: string[]): string {
  let text = ''
  for (let i = 0; i < flat.length; i += 2) text += `${flat[i]}: ${flat[i + 1]}\r\n`
  return text
}

/** The trace id in the headers for a target. */
export function traceIdOf(flat: string[]): string {
  return flat[flat.indexOf('X-Amzn-Trace-Id') + 1] ?? ''
}

/** Whether a body follows the request's headers. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function mayHaveBody({ method }: IncomingMessage): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH' || method === 'DELETE'
}

function namedByConnection(connection: string | undefined): Set<string> | undefined {
  if (!connection || /^(keep-alive|close|upgrade)$/i.test(connection)) return undefined
  return new Set(connection.split(',').map(name => name.trim().toLowerCase()))
}

/** `Root=1-<seconds>-<24 hex>`; a caller's own root is kept and ours is added as `Self`. */
function traceId(given: string | undefined, now: number): string {
  const id = `1-${Math.floor(now / 1000).toString(16)}-${uniqueHex()}`
  return given?.includes('Root=') ? `Self=${id};${given.replace(/Self=[^;]*;?/, '')}` : `Root=${id}`
}

/** 24 hex digits that no other request of any load balancer gets: the half of a random number, and a count from there. */
const uniqueHex = (() => {
  const first = randomBytes(6).toString('hex')
  let next = randomBytes(4).readUInt32BE()
  return () => first + (next++).toString(16).padStart(12, '0')
})()
