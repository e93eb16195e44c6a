import { randomUUID } from 'node:crypto'
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
  const out: string[] = []
  const forwarded = headers['x-forwarded-for'] as string | undefined
  const ip = request.socket.remoteAddress ?? ''
  if (settings.forwardedFor === 'append') out.push('X-Forwarded-For', forwarded ? `${forwarded}, ${ip}` : ip)
  else if (settings.forwardedFor === 'preserve' && forwarded) out.push('X-Forwarded-For', forwarded)
  out.push('X-Forwarded-Proto', settings.protocol === 'HTTPS' ? 'https' : 'http')
  out.push('X-Forwarded-Port', String(settings.port))
  out.push('X-Amzn-Trace-Id', traceId(headers['x-amzn-trace-id'] as string | undefined, now))
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
    const lower = name.toLowerCase()
    if (HOP_BY_HOP.has(lower) || named?.has(lower) || (lower === 'server' && !sendServer)) continue
    out.push(name, rawHeaders[i + 1] as string)
  }
  return out
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
  const id = `1-${Math.floor(now / 1000).toString(16)}-${randomUUID().replaceAll('-', '').slice(0, 24)}`
  return given?.includes('Root=') ? `Self=${id};${given.replace(/Self=[^;]*;?/, '')}` : `Root=${id}`
}
