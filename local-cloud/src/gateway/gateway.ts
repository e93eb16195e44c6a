import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { Authorize } from '../access/access.ts'
import { AwsError, notImplemented } from '../core/aws-error.ts'
import type { Clock } from '../core/clock.ts'
import type { Credentials } from '../core/credentials.ts'
import type { Caller, RequestContext, RestHandler, Service } from '../core/service.ts'
import type { NoteCall } from '../history/call-history.ts'
import type { Faults } from './faults.ts'
import { SigningError } from './signing-errors.ts'
import { type Claim, readClaim, type Verified, verify } from './sigv4.ts'
import { refuseStrangers } from './strangers.ts'
import { readRequest, type Tongue, tongueOf, writeError, writeResponse } from './wire.ts'

/** Largest body of a request that is not streamed: AWS's own largest, DynamoDB's 16 MB batch. */
const MAX_BODY = 16 * 1024 * 1024 + 65_536

export interface GatewayOptions {
  services: Service[]
  credentials: Credentials
  clock: Clock
  faults: Faults
  /** Answers `/_clarity/…`: the cloud's own control API. */
  control: RestHandler
  /** Asks IAM, where it is among the services. */
  authorize?: Authorize
  /** Writes management calls down, where CloudTrail is among the services. */
  note?: NoteCall
  log(service: string, message: string, fields?: Record<string, unknown>): void
}

/** A call over the wire, for the event history. */
interface Noted {
  service: Service
  operation: string
  input: Record<string, unknown>
  caller: Caller
  request: IncomingMessage
  context: RequestContext
}

const NOBODY: Caller = { accountId: '', arn: 'anonymous', userId: 'anonymous', accessKeyId: '' }

/** The one HTTP endpoint: finds the service, verifies the signature, reads, calls, writes. */
export function createGateway(options: GatewayOptions): Server {
  const byName = new Map(options.services.map(service => [service.name, service]))
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, (request, response) => {
    const requestId = randomUUID()
    // clients correct their own clock by this header: it must tell the time that signatures are checked against
    response.setHeader('date', new Date(options.clock.now()).toUTCString())
    const url = new URL(request.url ?? '/', 'http://localhost')
    const closed = new AbortController()
    response.once('close', () => closed.abort(new Error('the client went away')))
    const context = { caller: NOBODY, requestId, signal: closed.signal }
    let service: Service | undefined
    let tongue: Tongue = 'json'
    serve().catch(error => fail(response, service, tongue, error, requestId))

    async function serve(): Promise<void> {
      refuseStrangers(request)
      if (url.pathname.startsWith('/_clarity/')) return options.control(request, response, context)
      const byPath = options.services
        .flatMap(s => s.paths ?? [])
        .find(path => path.matches.test(url.pathname))
      if (byPath) return byPath.handle(request, response, context)
      const claim = readClaim(request, url)
      service = findService(request, claim)
      if (!service)
        throw new AwsError('UnknownService', `no service '${claim?.service ?? ''}' in the local cloud`, 501)
      tongue = tongueOf(service, request, url)
      if (service.protocol === 'rest') return rest(service, request, response, url, claim, context)
      await call(service, tongue, request, response, url, claim, context)
    }
  })

  function findService(request: IncomingMessage, claim: Claim | undefined): Service | undefined {
    const target = request.headers['x-amz-target'] as string | undefined
    const prefix = target?.slice(0, target.lastIndexOf('.'))
    return (
      (prefix ? options.services.find(s => s.protocol === 'json' && s.targetPrefix === prefix) : undefined) ??
      (claim ? byName.get(claim.service) : byName.get('s3'))
    )
  }

  async function rest(
    service: Service & { protocol: 'rest' },
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    claim: Claim | undefined,
    context: RequestContext,
  ): Promise<void> {
    response.setHeader('x-amz-request-id', context.requestId)
    const names = namesOf(service, request)
    const verified = claim && verify(request, url, claim, undefined, options.credentials, options.clock)
    if (!(await options.faults.strike(service, names, verified?.key.caller.arn)))
      return void request.socket.destroy()
    guardAnswer(request, response, () => options.faults.strikeAnswer(service, names))
    const caller = verified?.key.caller ?? NOBODY
    const [operation = ''] = names
    const input = { Bucket: url.pathname.split('/')[1] }
    await noted({ service, operation, input, caller, request, context }, () =>
      service.handle(request, response, {
        ...context,
        caller,
        signature: verified?.signature,
        authorize: (asked, given, arn) => options.authorize?.(service, asked, given, arn),
      }),
    )
  }

  async function call(
    service: Service,
    tongue: Tongue,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    claim: Claim | undefined,
    context: RequestContext,
  ): Promise<void> {
    const body = await readBody(request)
    const target = request.headers['x-amz-target'] as string | undefined
    const { operation, input } = readRequest(service, tongue, target, url, inflate(request, body))
    let verified: Verified | undefined
    if (claim) verified = verify(request, url, claim, body, options.credentials, options.clock)
    else if (!service.anonymous?.has(operation))
      throw new SigningError('missing', 'Missing Authentication Token')
    if (!(await options.faults.strike(service, [operation], verified?.key.caller.arn)))
      return void request.socket.destroy()
    const run = service.operations[operation]
    if (!run) throw notImplemented(service.name, operation || '(no operation named)')
    const caller = verified?.key.caller ?? NOBODY
    const output = await noted({ service, operation, input, caller, request, context }, () => {
      options.authorize?.(service, operation, input, caller.arn)
      return run(input, { ...context, caller })
    })
    if (!options.faults.strikeAnswer(service, [operation])) return void request.socket.destroy()
    writeResponse(response, service, tongue, operation, output, context.requestId)
  }

  async function noted<T>({ request, context, ...call }: Noted, work: () => T): Promise<Awaited<T>> {
    const told = { ...call, requestId: context.requestId, userAgent: request.headers['user-agent'] }
    try {
      const output = await work()
      options.note?.(told)
      return output
    } catch (error) {
      const errorCode = error instanceof AwsError ? error.code : 'InternalFailure'
      options.note?.({ ...told, errorCode })
      throw error
    }
  }

  function fail(
    response: ServerResponse,
    service: Service | undefined,
    tongue: Tongue,
    error: unknown,
    requestId: string,
  ): void {
    const refusal = error instanceof SigningError && service ? error.toldBy(service) : error
    const known = refusal instanceof AwsError
    if (!known && !response.destroyed)
      options.log(service?.name ?? 'gateway', 'internal error', { requestId, error: (error as Error).stack })
    if (response.headersSent) return void response.destroy()
    const told = known
      ? refusal
      : new AwsError('InternalFailure', 'internal error; the cloud log has the request id', 500)
    writeError(response, service, tongue, told, requestId)
  }

  return server
}

/** The operation that a request of a rest service asks for, where the service can tell, and its method. */
function namesOf(service: Service & { protocol: 'rest' }, request: IncomingMessage): string[] {
  const method = request.method ?? ''
  try {
    const operation = service.operationOf?.(request)
    return operation === undefined ? [method] : [operation, method]
  } catch {
    // what asks for nothing that exists is refused by the service itself
    return [method]
  }
}

/** Asks, when the work is done and the head of the answer would go out, whether it may; else the client is cut off. */
function guardAnswer(request: IncomingMessage, response: ServerResponse, may: () => boolean): void {
  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse
  let allowed = false
  response.writeHead = ((...head: unknown[]) => {
    allowed ||= !request.socket.destroyed && may()
    if (allowed) return writeHead(...head)
    request.socket.destroy()
    return response
  }) as typeof response.writeHead
}

/** What SDKs compress before they sign it: PutMetricData of 10 KiB and more. */
function inflate(request: IncomingMessage, body: Buffer): Buffer {
  if (request.headers['content-encoding'] !== 'gzip') return body
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BODY })
  } catch (cause) {
    throw new AwsError('SerializationException', `the body is not gzip: ${(cause as Error).message}`)
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY)
      throw new AwsError('RequestEntityTooLarge', `the body is larger than ${MAX_BODY} bytes`, 413)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
