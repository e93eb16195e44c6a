import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ActionRecord } from './model.ts'
import { factsOf } from './routes.ts'

/** The load balancer's own error page, byte for byte as AWS writes it. */
export function errorPage(status: number): string {
  const title = `${status} ${phrase(status)}`
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`
}

/** AWS's own wording where it differs from the registered one. */
function phrase(status: number): string {
  if (status === 503) return 'Service Temporarily Unavailable'
  return status === 504 ? 'Gateway Time-out' : (STATUS_CODES[status] ?? '')
}

/** Answers for the load balancer itself. */
export function answerError(response: ServerResponse, status: number): void {
  answer(response, status, errorPage(status), 'text/html')
}

/** The same on a connection that has left HTTP, where no `ServerResponse` exists. */
export function answerRaw(socket: Duplex, status: number): void {
  socket.end(errorText(status, { keep: false, body: true }))
}

/** The bytes of such an answer. @param how `keep`: the connection stays; `body`: it is not the answer to HEAD */
export function errorText(status: number, how: { keep: boolean; body: boolean }): string {
  const page = errorPage(status)
  const connection = how.keep ? 'keep-alive' : 'close'
  return `HTTP/1.1 ${status} ${phrase(status)}\r\nServer: awselb/2.0\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\nConnection: ${connection}\r\n\r\n${how.body ? page : ''}`
}

/** A rule's fixed response. */
export function answerFixed(
  response: ServerResponse,
  action: ActionRecord & { type: 'fixed-response' },
): void {
  answer(response, action.statusCode, action.body, action.contentType ?? 'text/plain; charset=utf-8')
}

/** A rule's redirect, its `#{…}` filled from the request. @returns where it leads */
export function answerRedirect(
  request: IncomingMessage,
  response: ServerResponse,
  action: ActionRecord & { type: 'redirect' },
  listener: { protocol: string; port: number },
): string {
  const { host, path, query } = factsOf(request)
  const protocol = action.protocol.replace('#{protocol}', listener.protocol).toLowerCase()
  const values: Record<string, string> = {
    protocol,
    host,
    port: String(listener.port),
    path: path.replace(/^\//, ''),
    query,
  }
  const fill = (text: string) =>
    text.replace(/#\{(protocol|host|port|path|query)\}/g, (_, name) => values[name] ?? '')
  const filled = fill(action.query)
  const location = `${protocol}://${fill(action.host)}:${fill(action.port)}${fill(action.path)}`
  const whole = filled ? `${location}?${filled}` : location
  response.setHeader('location', whole)
  answer(response, action.statusCode, errorPage(action.statusCode), 'text/html')
  return whole
}

function answer(response: ServerResponse, status: number, body: string, type: string): void {
  response.statusCode = status
  response.statusMessage = phrase(status)
  response.setHeader('server', 'awselb/2.0')
  if (body) response.setHeader('content-type', type)
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
}
