import type { ServerResponse } from 'node:http'
import { AwsError } from '../core/aws-error.ts'
import type { Service } from '../core/service.ts'
import { element, escapeXml, parseQuery, toXml } from './query-format.ts'

/** The operation and input that a body names, by the service's protocol. */
export function readRequest(
  service: Service,
  target: string | undefined,
  url: URL,
  body: Buffer,
): { operation: string; input: Record<string, unknown> } {
  if (service.protocol === 'json') {
    const operation = target?.split('.').pop() ?? ''
    if (body.length === 0) return { operation, input: {} }
    try {
      return { operation, input: JSON.parse(body.toString('utf8')) }
    } catch (cause) {
      throw new AwsError('SerializationException', `the body is not JSON: ${(cause as Error).message}`)
    }
  }
  const form = new URLSearchParams(body.length > 0 ? body.toString('utf8') : url.search)
  return { operation: form.get('Action') ?? '', input: parseQuery(form) }
}

export function writeResponse(
  response: ServerResponse,
  service: Service,
  operation: string,
  output: unknown,
  requestId: string,
): void {
  response.setHeader('x-amzn-requestid', requestId)
  if (service.protocol === 'json') {
    response.setHeader('content-type', `application/x-amz-json-${service.jsonVersion}`)
    response.end(toJson(output ?? {}))
    return
  }
  if (service.protocol === 'rest') throw new Error('a rest service writes its own answers')
  response.setHeader('content-type', 'text/xml')
  const metadata = element('ResponseMetadata', { RequestId: requestId })
  response.end(
    service.protocol === 'ec2'
      ? `<${operation}Response xmlns="${service.xmlNamespace}"><requestId>${requestId}</requestId>${toXml(output, 'item')}</${operation}Response>`
      : `<${operation}Response xmlns="${service.xmlNamespace}"><${operation}Result>${toXml(output)}</${operation}Result>${metadata}</${operation}Response>`,
  )
}

/** An error in the wire format of the service, or in JSON where no service was recognised. */
export function writeError(
  response: ServerResponse,
  service: Service | undefined,
  error: AwsError,
  requestId: string,
): void {
  response.statusCode = error.status
  response.setHeader('x-amzn-requestid', requestId)
  if (!service || service.protocol === 'json') {
    response.setHeader('content-type', `application/x-amz-json-${service?.jsonVersion ?? '1.1'}`)
    response.setHeader('x-amzn-errortype', error.code)
    const queryCode = service?.queryErrorCodes && (service.queryErrorCodes[error.code] ?? error.code)
    // boto3 and awscli know the errors of such a service by this header alone
    if (queryCode)
      response.setHeader('x-amzn-query-error', `${queryCode};${error.status < 500 ? 'Sender' : 'Receiver'}`)
    response.end(toJson({ __type: error.code, message: error.message, ...error.fields }))
    return
  }
  response.setHeader('content-type', service.protocol === 'rest' ? 'application/xml' : 'text/xml')
  const type = error.status < 500 ? 'Sender' : 'Receiver'
  const { code, message, fields } = error
  if (service.protocol === 'query')
    response.end(
      `<ErrorResponse xmlns="${service.xmlNamespace}">${element('Error', { Type: type, Code: code, Message: message, ...fields })}<RequestId>${requestId}</RequestId></ErrorResponse>`,
    )
  else if (service.protocol === 'ec2')
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
