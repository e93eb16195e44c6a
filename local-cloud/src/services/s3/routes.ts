import { notImplemented } from '../../core/aws-error.ts'
import { QUERY } from './fields.ts'
import type { Root } from './shapes.ts'

/** How one operation looks on the wire. */
export interface Route {
  operation: string
  method: string
  level: 'service' | 'bucket' | 'object'
  /** The query parameter that makes the request this operation. */
  sub?: string
  /** A header that must be there as well. */
  header?: string
  /** Members taken from the query. */
  query: string[]
  /** The member that the body becomes: a document, text, or the object itself. */
  body?: { member: string; root?: Root; optional?: boolean }
  /** The document of the answer; made of `member` of the output, or of the whole output. */
  answer?: { root: Root; member?: string }
  status: number
}

const LIST = ['Prefix', 'Delimiter', 'EncodingType', 'MaxKeys']
const RESPONSE = [
  'ResponseCacheControl',
  'ResponseContentDisposition',
  'ResponseContentEncoding',
  'ResponseContentLanguage',
  'ResponseContentType',
  'ResponseExpires',
]

/** A bucket's or object's document under a sub-resource: `GET`, `PUT` and where it can be, `DELETE`. */
function setting(
  level: Route['level'],
  sub: string,
  operation: string,
  root: Root,
  options: { member?: string; flat?: boolean; remove?: string } = {},
): Route[] {
  const { member = root, flat = false, remove } = options
  const query = level === 'object' ? ['VersionId'] : []
  const common = { level, sub, query, status: 200 }
  return [
    { ...common, operation: `Get${operation}`, method: 'GET', answer: flat ? { root } : { root, member } },
    { ...common, operation: `Put${operation}`, method: 'PUT', body: { member, root } },
    ...(remove ? [{ ...common, operation: remove, method: 'DELETE', status: 204 }] : []),
  ]
}

const ROUTES: Route[] = [
  route('ListBuckets', 'GET', 'service', {
    query: ['Prefix', 'MaxBuckets', 'ContinuationToken'],
    answer: { root: 'ListAllMyBucketsResult' },
  }),
  route('CreateBucket', 'PUT', 'bucket', {
    body: { member: 'CreateBucketConfiguration', root: 'CreateBucketConfiguration', optional: true },
  }),
  route('HeadBucket', 'HEAD', 'bucket'),
  route('DeleteBucket', 'DELETE', 'bucket', { status: 204 }),
  route('GetBucketLocation', 'GET', 'bucket', { sub: 'location' }),
  ...setting('bucket', 'versioning', 'BucketVersioning', 'VersioningConfiguration', { flat: true }),
  ...setting('bucket', 'encryption', 'BucketEncryption', 'ServerSideEncryptionConfiguration', {
    remove: 'DeleteBucketEncryption',
  }),
  ...setting('bucket', 'lifecycle', 'BucketLifecycleConfiguration', 'LifecycleConfiguration', {
    flat: true,
    remove: 'DeleteBucketLifecycle',
  }),
  ...setting('bucket', 'publicAccessBlock', 'PublicAccessBlock', 'PublicAccessBlockConfiguration', {
    remove: 'DeletePublicAccessBlock',
  }),
  ...setting('bucket', 'ownershipControls', 'BucketOwnershipControls', 'OwnershipControls', {
    remove: 'DeleteBucketOwnershipControls',
  }),
  ...setting('bucket', 'tagging', 'BucketTagging', 'Tagging', { flat: true, remove: 'DeleteBucketTagging' }),
  ...setting('bucket', 'logging', 'BucketLogging', 'BucketLoggingStatus', { flat: true }),
  ...setting('bucket', 'object-lock', 'ObjectLockConfiguration', 'ObjectLockConfiguration'),
  route('GetBucketPolicy', 'GET', 'bucket', { sub: 'policy' }),
  route('PutBucketPolicy', 'PUT', 'bucket', { sub: 'policy', body: { member: 'Policy' }, status: 204 }),
  route('DeleteBucketPolicy', 'DELETE', 'bucket', { sub: 'policy', status: 204 }),
  route('GetBucketAcl', 'GET', 'bucket', { sub: 'acl' }),
  route('PutBucketAcl', 'PUT', 'bucket', { sub: 'acl' }),
  route('ListObjects', 'GET', 'bucket', { query: [...LIST, 'Marker'], answer: { root: 'ListBucketResult' } }),
  route('ListObjectsV2', 'GET', 'bucket', {
    sub: 'list-type',
    query: [...LIST, 'StartAfter', 'ContinuationToken', 'FetchOwner'],
    answer: { root: 'ListBucketResult' },
  }),
  route('ListObjectVersions', 'GET', 'bucket', {
    sub: 'versions',
    query: [...LIST, 'KeyMarker', 'VersionIdMarker'],
    answer: { root: 'ListVersionsResult' },
  }),
  route('ListMultipartUploads', 'GET', 'bucket', {
    sub: 'uploads',
    query: ['Prefix', 'Delimiter', 'EncodingType', 'MaxUploads', 'KeyMarker', 'UploadIdMarker'],
    answer: { root: 'ListMultipartUploadsResult' },
  }),
  route('DeleteObjects', 'POST', 'bucket', {
    sub: 'delete',
    body: { member: 'Delete', root: 'Delete' },
    answer: { root: 'DeleteResult' },
  }),

  route('PutObject', 'PUT', 'object', { body: { member: 'Body' } }),
  route('CopyObject', 'PUT', 'object', {
    header: 'x-amz-copy-source',
    answer: { root: 'CopyObjectResult', member: 'CopyObjectResult' },
  }),
  route('GetObject', 'GET', 'object', { query: ['VersionId', 'PartNumber', ...RESPONSE] }),
  route('HeadObject', 'HEAD', 'object', { query: ['VersionId', 'PartNumber', ...RESPONSE] }),
  route('DeleteObject', 'DELETE', 'object', { query: ['VersionId'], status: 204 }),
  ...setting('object', 'tagging', 'ObjectTagging', 'Tagging', { flat: true, remove: 'DeleteObjectTagging' }),
  ...setting('object', 'retention', 'ObjectRetention', 'Retention'),
  ...setting('object', 'legal-hold', 'ObjectLegalHold', 'LegalHold'),
  route('CreateMultipartUpload', 'POST', 'object', {
    sub: 'uploads',
    answer: { root: 'InitiateMultipartUploadResult' },
  }),
  route('UploadPart', 'PUT', 'object', {
    sub: 'uploadId',
    query: ['UploadId', 'PartNumber'],
    body: { member: 'Body' },
  }),
  route('UploadPartCopy', 'PUT', 'object', {
    sub: 'uploadId',
    header: 'x-amz-copy-source',
    query: ['UploadId', 'PartNumber'],
    answer: { root: 'CopyPartResult', member: 'CopyPartResult' },
  }),
  route('CompleteMultipartUpload', 'POST', 'object', {
    sub: 'uploadId',
    query: ['UploadId'],
    body: { member: 'MultipartUpload', root: 'CompleteMultipartUpload' },
    answer: { root: 'CompleteMultipartUploadResult' },
  }),
  route('AbortMultipartUpload', 'DELETE', 'object', { sub: 'uploadId', query: ['UploadId'], status: 204 }),
  route('ListParts', 'GET', 'object', {
    sub: 'uploadId',
    query: ['UploadId', 'MaxParts', 'PartNumberMarker'],
    answer: { root: 'ListPartsResult' },
  }),
]

function route(
  operation: string,
  method: string,
  level: Route['level'],
  rest: Partial<Omit<Route, 'operation' | 'method' | 'level'>> = {},
): Route {
  return { operation, method, level, query: [], status: 200, ...rest }
}

/** Parameters that say nothing of the operation: the signature's, what stands for headers, the SDK's own name for it. */
const IGNORED = /^(x-id|x-amz-.*|AWSAccessKeyId|Signature|Expires|content-type|content-md5)$/i

/**
 * The operation that a request asks for. Every query parameter must belong to it: a sub-resource that is not
 * served is refused by name, never taken for the plain operation.
 * @throws AwsError 501
 */
export function findRoute(
  method: string,
  level: Route['level'],
  query: URLSearchParams,
  headers: Record<string, string | undefined>,
): Route {
  const given = [...new Set(query.keys())].filter(name => !IGNORED.test(name))
  const found = ROUTES.filter(
    each =>
      each.method === method &&
      each.level === level &&
      (each.header === undefined || headers[each.header] !== undefined) &&
      given.every(name => name === each.sub || each.query.some(member => QUERY[member]?.[0] === name)) &&
      (each.sub === undefined || given.includes(each.sub)),
  ).sort((a, b) => specificity(b) - specificity(a))[0]
  if (found) return found
  throw notImplemented('s3', `${method} ${level}${given.length > 0 ? `?${given.join('&')}` : ''}`)
}

function specificity({ sub, header }: Route): number {
  return (sub === undefined ? 0 : 2) + (header === undefined ? 0 : 1)
}
