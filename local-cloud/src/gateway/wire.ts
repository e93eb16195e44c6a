import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsError } from '../core/aws-error.ts'
import type { Service } from '../core/service.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { element, escapeXml, parseQuery, toXml } from './query-format.ts'

/** What a request is written in: its service's protocol, or another that the service answers beside it. */
export type Tongue = Service['protocol'] | 'cbor'

/** The protocol by which a request speaks: a form to a json service that has a query face, CBOR by its header. */
export function tongueOf(service: Service, request: IncomingMessage, url: URL): Tongue {
  if (service.protocol !== 'json') return service.protocol
  if (service.cbor && request.headers['smithy-protocol'] === 'rpc-v2-cbor') return 'cbor'
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const asked = form || (!request.headers['x-amz-target'] && url.searchParams.has('Action'))
  return service.query && asked ? 'query' : 'json'
}

/** The operation and input that a body names, by the protocol that it is written in. */
export function readRequest(
  service: Service,
  tongue: Tongue,
  target: string | undefined,
  url: URL,
  body: Buffer,
): { operation: string; input: Record<string, unknown> } {
  if (tongue === 'cbor') {
    const operation = /\/operation\/(\w+)$/.exec(url.pathname)?.[1] ?? ''
    return { operation, input: read('CBOR', body, decodeCbor) }
  }
  if (tongue === 'json') {
    const operation = target?.split('.').pop() ?? ''
    return { operation, input: read('JSON', body, bytes => JSON.parse(bytes.toString('utf8'))) }
  }
  const form = new URLSearchParams(body.length > 0 ? body.toString('utf8') : url.search)
  const input = parseQuery(form)
  const face = service.protocol === 'json' ? service.query : undefined
  return { operation: form.get('Action') ?? '', input: face?.read?.(input, url.pathname) ?? input }
}

function read(kind: string, body: Buffer, parse: (body: Buffer) => unknown): Record<string, unknown> {
  if (body.length === 0) return {}
  try {
    return parse(body) as Record<string, unknown>
  } catch (cause) {
    throw new AwsError('SerializationException', `the body is not ${kind}: ${(cause as Error).message}`)
  }
}

export function writeResponse(
  response: ServerResponse,
  service: Service,
  tongue: Tongue,
  operation: string,
  output: unknown,
  requestId: string,
): void {
  response.setHeader('x-amzn-requestid', requestId)
  if (service.protocol === 'rest') throw new Error('a rest service writes its own answers')
  if (tongue === 'json' || tongue === 'cbor') {
    response.setHeader('content-type', contentType(service, tongue))
    if (tongue === 'cbor') response.setHeader('smithy-protocol', 'rpc-v2-cbor')
    response.end(tongue === 'cbor' ? encodeCbor(output ?? {}) : toJson(output ?? {}))
    return
  }
  response.setHeader('content-type', 'text/xml')
  response.end(
    tongue === 'query'
      ? queryAnswer(service, operation, output, requestId)
      : `<${operation}Response xmlns="${namespaceOf(service)}"><requestId>${requestId}</requestId>${toXml(output, 'item')}</${operation}Response>`,
  )
}

function queryAnswer(service: Service, operation: string, output: unknown, requestId: string): string {
  const face = service.protocol === 'json' ? service.query : undefined
  const shaped = face?.write?.(operation, (output ?? {}) as Record<string, unknown>) ?? output
  const result = face?.flattened ? flatXml(shaped) : toXml(shaped)
  const metadata = element('ResponseMetadata', { RequestId: requestId })
  return `<${operation}Response xmlns="${namespaceOf(service)}"><${operation}Result>${result}</${operation}Result>${metadata}</${operation}Response>`
}

/** Lists without a list around them: `{A: [1, 2]}` is `<A>1</A><A>2</A>`. */
function flatXml(value: unknown): string {
  if (value === null || typeof value !== 'object' || value instanceof Date || value instanceof Uint8Array)
    return toXml(value)
  return Object.entries(value)
    .flatMap(([name, item]) => [item].flat().map(one => [name, one] as const))
    .map(([name, one]) => (one === undefined || one === null ? '' : `<${name}>${flatXml(one)}</${name}>`))
    .join('')
}

function namespaceOf(service: Service): string | undefined {
  if (service.protocol === 'rest') return undefined
  return service.protocol === 'json' ? service.query?.xmlNamespace : service.xmlNamespace
}

function contentType(service: Service | undefined, tongue: Tongue): string {
  if (tongue === 'cbor') return 'application/cbor'
  return `application/x-amz-json-${service?.protocol === 'json' ? service.jsonVersion : '1.1'}`
}

/** An error in the wire format of the request, or in JSON where no service was recognised. */
export function writeError(
  response: ServerResponse,
  service: Service | undefined,
  tongue: Tongue,
  error: AwsError,
  requestId: string,
): void {
  const { code, message, fields } = error
  const type = error.status < 500 ? 'Sender' : 'Receiver'
  const queryCodes = service?.protocol === 'json' ? service.queryErrorCodes : undefined
  const queryCode = queryCodes?.[code] ?? code
  response.statusCode = error.status
  response.setHeader('x-amzn-requestid', requestId)
  if (!service || tongue === 'json' || tongue === 'cbor') {
    response.setHeader('content-type', contentType(service, tongue))
    response.setHeader('x-amzn-errortype', code)
    // boto3 and awscli know the errors of such a service by this header alone
    if (queryCodes) response.setHeader('x-amzn-query-error', `${queryCode};${type}`)
    if (tongue === 'cbor') response.setHeader('smithy-protocol', 'rpc-v2-cbor')
    const shape = { __type: code, message, ...fields }
    response.end(tongue === 'cbor' ? encodeCbor(shape) : toJson(shape))
    return
  }
  response.setHeader('content-type', tongue === 'rest' ? 'application/xml' : 'text/xml')
  if (tongue === 'query')
    response.end(
      `<ErrorResponse xmlns="${namespaceOf(service)}">${element('Error', { Type: type, Code: queryCode, Message: message, ...fields })}<RequestId>${requestId}</RequestId></ErrorResponse>`,
    )
  else if (tongue === 'ec2')
    response.end(
      `<Response><Errors>${element('Error', { Code: code, Message: message })}</Errors><RequestID>${requestId}</RequestID></Response>`,
    )
  else
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>${toXml(fields)}<RequestId>${requestId}</RequestId></Error>`,
    )
}

/** AWS JSON: dates as seconds since the epoch, bytes as base64. */
function toJson(value: unknown): string {
  return JSON.stringify(value, function replacer(this: Record<string, unknown>, key, plain) {
    const raw = this[key]
    if (raw instanceof Date) return raw.getTime() / 1000
    if (raw instanceof Uint8Array) return Buffer.from(raw).toString('base64')
    return plain
  })
}
