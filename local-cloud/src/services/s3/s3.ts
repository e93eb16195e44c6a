import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, RestHandler, Service, ServiceContext } from '../../core/service.ts'
import { createAccessLog } from './access-log.ts'
import { createBlobs } from './blobs.ts'
import { createBucketPolicy } from './bucket-policy.ts'
import { createBucketSettings } from './bucket-settings.ts'
import { createBuckets } from './buckets.ts'
import { readClaims } from './checksums.ts'
import { createCopy } from './copy.ts'
import { readHeaders, readQuery, writeHeaders } from './fields.ts'
import { verifyLegacyUrl } from './legacy-signature.ts'
import { createLifecycle } from './lifecycle.ts'
import { createListing } from './listing.ts'
import { createMultipart } from './multipart.ts'
import { createObjectSettings } from './object-settings.ts'
import { createObjects, type S3Parts } from './objects.ts'
import { type Incoming, openPayload, readDocument } from './payload.ts'
import { createRecords } from './records.ts'
import { createRemoval } from './removal.ts'
import { findRoute, type Route } from './routes.ts'
import { refusals } from './s3-errors.ts'
import { SHAPES } from './shapes.ts'
import { buildXml, parseXml } from './xml.ts'

type Members = Record<string, unknown>

/** S3, path style: bodies in files, metadata in the store, every byte verified before an object exists. */
export function createS3(context: ServiceContext): Service {
  const records = createRecords(context.store)
  const folder = context.store.folder('s3')
  const blobs = createBlobs(folder, {
    log: (message, fields) => context.log('s3', message, fields),
    room: () => context.store.room('s3'),
  })
  const parts: S3Parts = { records, blobs, context }
  const run = createOperations(parts)

  const ask = createBucketPolicy(records, context)
  const accessLog = createAccessLog(context, records)
  const removal = createRemoval(parts)
  const lifecycle = createLifecycle(parts, removal)

  const handle: RestHandler = async (request, response, { signature, authorize, ...sender }) => {
    const startedMs = context.clock.now()
    let seen: { bucket?: string; key?: string; operation: string; arn: string } | undefined
    const note = (errorCode?: string, status = response.statusCode) => {
      const bucket = seen?.bucket === undefined ? undefined : records.buckets.get(seen.bucket)
      if (!seen || !bucket) return
      const length = Number(response.getHeader('content-length') ?? Number.NaN)
      accessLog.add({
        ...seen,
        bucket,
        method: request.method ?? '',
        target: (request.url ?? '').replace(/(X-Amz-Signature|Signature)=[^&]*/g, '$1=-'),
        status,
        errorCode,
        requester: seen.arn,
        requestId: sender.requestId,
        size: Number.isNaN(length) ? undefined : length,
        startedMs,
        userAgent: request.headers['user-agent'],
      })
    }
    try {
      const { level, bucket, key, path, query, headers } = readTarget(request)
      const method = request.method ?? ''
      const verified = signature ?? verifyLegacyUrl(method, path, query, headers, context)
      if (!verified) throw refusals.accessDenied()
      const route = findRoute(method, level, query, headers)
      const incoming = openPayload(request, headers, verified, readClaims(headers))
      const input: Members = {
        ...readHeaders(headers),
        ...readQuery(query, route.query),
        Bucket: bucket,
        Key: key,
      }
      const caller = signature
        ? sender.caller
        : context.credentials.find(query.get('AWSAccessKeyId') ?? '')?.caller
      const { operation } = route
      const callerArn = caller?.arn ?? ''
      seen = { bucket, key, operation, arn: callerArn }
      const mayThey = () =>
        ask({ operation, input, callerArn, headers, query }, () => authorize?.(operation, input, callerArn))
      // before a body is taken; only what names its objects in the body must wait for it
      if (operation !== 'DeleteObjects') mayThey()
      await readBody(route, incoming, input)
      if (operation === 'DeleteObjects') mayThey()
      const as = caller ? { ...sender, caller } : sender
      const output = ((await run[operation]?.(input, as)) ?? {}) as Members
      await answer(route, input, output, response)
      note()
    } catch (error) {
      // What is left of the body must not hold up the refusal, nor be taken for the next request.
      request.resume()
      if (!response.headersSent && !request.complete) response.setHeader('connection', 'close')
      if (error instanceof AwsError) note(error.code, error.status)
      throw told(error, response)
    }
  }

  const getObject: Operation = async (input, sender) => {
    const output = (await run.GetObject?.(input, sender)) as Members & { Body: AsyncIterable<Uint8Array> }
    const chunks: Uint8Array[] = []
    for await (const bytes of output.Body) chunks.push(bytes)
    return { ...output, Body: new Uint8Array(Buffer.concat(chunks)) }
  }

  return {
    name: 's3',
    protocol: 'rest',
    handle,
    operationOf: request => {
      const { level, query, headers } = readTarget(request)
      return findRoute(request.method ?? '', level, query, headers).operation
    },
    operations: { ...run, GetObject: getObject },
    start: async () => {
      const removed = await blobs.sweep(records.files())
      if (removed > 0) context.log('s3', 'removed bodies that a crash left behind', { removed })
      lifecycle.start()
      accessLog.start()
    },
    stop: async () => {
      lifecycle.stop()
      await accessLog.stop()
    },
  }
}

/** Every operation with the SDK's names and members; `GetObject` answers a stream. */
function createOperations(parts: S3Parts): Record<string, Operation> {
  const { records, blobs, context } = parts
  const buckets = createBuckets(records, blobs, context)
  const objects = createObjects(parts)
  const removal = createRemoval(parts)
  const multipart = createMultipart(parts)
  const listing = createListing(parts, multipart.findUpload)
  return {
    CreateBucket: buckets.createBucket,
    DeleteBucket: buckets.deleteBucket,
    HeadBucket: buckets.headBucket,
    ListBuckets: buckets.listBuckets,
    GetBucketLocation: buckets.getBucketLocation,
    ...(createBucketSettings(records, context.accountId) as Record<string, Operation>),
    PutObject: objects.putObject,
    GetObject: objects.getObject,
    HeadObject: objects.headObject,
    CopyObject: createCopy(parts),
    DeleteObject: removal.deleteObject,
    DeleteObjects: removal.deleteObjects,
    ...(createObjectSettings(parts) as Record<string, Operation>),
    ListObjects: listing.listObjects,
    ListObjectsV2: listing.listObjectsV2,
    ListObjectVersions: listing.listObjectVersions,
    ListMultipartUploads: listing.listMultipartUploads,
    ListParts: listing.listParts,
    CreateMultipartUpload: multipart.createMultipartUpload,
    UploadPart: multipart.uploadPart,
    UploadPartCopy: multipart.uploadPartCopy,
    CompleteMultipartUpload: multipart.completeMultipartUpload,
    AbortMultipartUpload: multipart.abortMultipartUpload,
  }
}

interface Target {
  level: Route['level']
  bucket?: string
  key?: string
  /** As sent. */
  path: string
  query: URLSearchParams
  headers: Record<string, string | undefined>
}

/** Bucket, key, query and headers. The path is read as sent: `..` and `//` are part of a key. */
function readTarget(request: IncomingMessage): Target {
  const [path = '/', search = ''] = split(request.url ?? '/', '?')
  const [bucket = '', key = ''] = split(path.replace(/^\//, ''), '/').map(decode)
  const query = new URLSearchParams(search)
  const headers: Target['headers'] = {}
  // A presigned URL may carry what would be headers.
  if (query.has('X-Amz-Signature') || query.has('Signature'))
    for (const [name, value] of query)
      if (/^(x-amz-|content-(type|md5)$)/i.test(name) && !SIGNATURE.test(name))
        headers[name.toLowerCase()] = value
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(',') : value
  const level = key !== '' ? 'object' : bucket !== '' ? 'bucket' : 'service'
  return { level, bucket: bucket || undefined, key: key || undefined, path, query, headers }
}

const SIGNATURE = /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|content-sha256)$/i

function split(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.")
  }
}

async function readBody(route: Route, incoming: Incoming, input: Members): Promise<void> {
  const { body } = route
  if (body?.member === 'Body') {
    input.Body = incoming
    return
  }
  const text = await readDocument(incoming)
  if (!body) return
  if (!body.root) input[body.member] = text
  else if (text.trim() !== '') input[body.member] = parseXml(text, body.root, SHAPES[body.root])
  else if (!body.optional) throw refusals.malformedXml('the body is empty')
}

async function answer(
  route: Route,
  input: Members,
  output: Members,
  response: ServerResponse,
): Promise<void> {
  const shape = route.answer ? SHAPES[route.answer.root] : {}
  response.statusCode = output.ContentRange ? 206 : route.status
  for (const [name, value] of Object.entries(writeHeaders(output, shape))) response.setHeader(name, value)
  for (const [member, name] of Object.entries(OVERRIDES))
    if (typeof input[member] === 'string') response.setHeader(name, input[member])
  if (output.Body) {
    await pipeline(output.Body as AsyncIterable<Uint8Array>, response)
    return
  }
  const text = document(route, output)
  if (text === undefined) return void response.end()
  response.setHeader(
    'content-type',
    route.operation === 'GetBucketPolicy' ? 'application/json' : 'application/xml',
  )
  response.end(text)
}

const OVERRIDES = {
  ResponseCacheControl: 'cache-control',
  ResponseContentDisposition: 'content-disposition',
  ResponseContentEncoding: 'content-encoding',
  ResponseContentLanguage: 'content-language',
  ResponseContentType: 'content-type',
  ResponseExpires: 'expires',
}

function document(route: Route, output: Members): string | undefined {
  if (route.operation === 'GetBucketPolicy') return output.Policy as string
  if (route.operation === 'GetBucketLocation')
    return buildXml('LocationConstraint', output.LocationConstraint ?? '', 'text')
  if (route.operation === 'GetBucketAcl')
    return buildXml(
      'AccessControlPolicy',
      { ...output, AccessControlList: output.Grants },
      SHAPES.AccessControlPolicy,
    ).replaceAll(
      '<Grantee>',
      '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">',
    )
  if (!route.answer) return undefined
  const { root, member } = route.answer
  return buildXml(root, member ? output[member] : output, SHAPES[root])
}

/** Moves what S3 tells in headers out of the error's document. */
function told(error: unknown, response: ServerResponse): unknown {
  if (!(error instanceof AwsError) || response.headersSent) return error
  const { DeleteMarker, VersionId, ETag, ...fields } = error.fields
  if (DeleteMarker === true) {
    response.setHeader('x-amz-delete-marker', 'true')
    if (typeof VersionId === 'string') response.setHeader('x-amz-version-id', VersionId)
    return new AwsError(error.code, error.message, error.status, fields)
  }
  if (error.status === 304 && typeof ETag === 'string') response.setHeader('etag', ETag)
  return error
}
