import { notImplemented } from '../../core/aws-error.ts'

type Type = 'text' | 'number' | 'boolean' | 'date' | 'iso'

/** The SDK's members that travel as headers, both ways; `date` as HTTP dates, `iso` as ISO 8601. */
const HEADERS: Record<string, [name: string, type?: Type]> = {
  AcceptRanges: ['accept-ranges'],
  ACL: ['x-amz-acl'],
  BucketArn: ['x-amz-bucket-arn'],
  BucketKeyEnabled: ['x-amz-server-side-encryption-bucket-key-enabled', 'boolean'],
  BucketRegion: ['x-amz-bucket-region'],
  BypassGovernanceRetention: ['x-amz-bypass-governance-retention', 'boolean'],
  CacheControl: ['cache-control'],
  ChecksumAlgorithm: ['x-amz-checksum-algorithm'],
  ChecksumCRC32: ['x-amz-checksum-crc32'],
  ChecksumCRC32C: ['x-amz-checksum-crc32c'],
  ChecksumCRC64NVME: ['x-amz-checksum-crc64nvme'],
  ChecksumMode: ['x-amz-checksum-mode'],
  ChecksumSHA1: ['x-amz-checksum-sha1'],
  ChecksumSHA256: ['x-amz-checksum-sha256'],
  ChecksumSHA512: ['x-amz-checksum-sha512'],
  ChecksumType: ['x-amz-checksum-type'],
  ContentDisposition: ['content-disposition'],
  ContentEncoding: ['content-encoding'],
  ContentLanguage: ['content-language'],
  ContentLength: ['content-length', 'number'],
  ContentRange: ['content-range'],
  ContentType: ['content-type'],
  CopySource: ['x-amz-copy-source'],
  CopySourceIfMatch: ['x-amz-copy-source-if-match'],
  CopySourceIfModifiedSince: ['x-amz-copy-source-if-modified-since', 'date'],
  CopySourceIfNoneMatch: ['x-amz-copy-source-if-none-match'],
  CopySourceIfUnmodifiedSince: ['x-amz-copy-source-if-unmodified-since', 'date'],
  CopySourceRange: ['x-amz-copy-source-range'],
  CopySourceVersionId: ['x-amz-copy-source-version-id'],
  DeleteMarker: ['x-amz-delete-marker', 'boolean'],
  ETag: ['etag'],
  ExpectedBucketOwner: ['x-amz-expected-bucket-owner'],
  Expires: ['expires'],
  IfMatch: ['if-match'],
  IfModifiedSince: ['if-modified-since', 'date'],
  IfNoneMatch: ['if-none-match'],
  IfUnmodifiedSince: ['if-unmodified-since', 'date'],
  LastModified: ['last-modified', 'date'],
  Location: ['location'],
  MetadataDirective: ['x-amz-metadata-directive'],
  MpuObjectSize: ['x-amz-mp-object-size', 'number'],
  ObjectLockEnabledForBucket: ['x-amz-bucket-object-lock-enabled', 'boolean'],
  ObjectLockLegalHoldStatus: ['x-amz-object-lock-legal-hold'],
  ObjectLockMode: ['x-amz-object-lock-mode'],
  ObjectLockRetainUntilDate: ['x-amz-object-lock-retain-until-date', 'iso'],
  ObjectOwnership: ['x-amz-object-ownership'],
  PartsCount: ['x-amz-mp-parts-count', 'number'],
  Range: ['range'],
  ServerSideEncryption: ['x-amz-server-side-encryption'],
  SSEKMSKeyId: ['x-amz-server-side-encryption-aws-kms-key-id'],
  StorageClass: ['x-amz-storage-class'],
  TagCount: ['x-amz-tagging-count', 'number'],
  Tagging: ['x-amz-tagging'],
  TaggingDirective: ['x-amz-tagging-directive'],
  VersionId: ['x-amz-version-id'],
}

/** The SDK's members that travel in the query. */
export const QUERY: Record<string, [name: string, type?: Type]> = {
  ContinuationToken: ['continuation-token'],
  Delimiter: ['delimiter'],
  EncodingType: ['encoding-type'],
  FetchOwner: ['fetch-owner', 'boolean'],
  KeyMarker: ['key-marker'],
  Marker: ['marker'],
  MaxBuckets: ['max-buckets', 'number'],
  MaxKeys: ['max-keys', 'number'],
  MaxParts: ['max-parts', 'number'],
  MaxUploads: ['max-uploads', 'number'],
  PartNumber: ['partNumber', 'number'],
  PartNumberMarker: ['part-number-marker', 'number'],
  Prefix: ['prefix'],
  ResponseCacheControl: ['response-cache-control'],
  ResponseContentDisposition: ['response-content-disposition'],
  ResponseContentEncoding: ['response-content-encoding'],
  ResponseContentLanguage: ['response-content-language'],
  ResponseContentType: ['response-content-type'],
  ResponseExpires: ['response-expires'],
  StartAfter: ['start-after'],
  UploadId: ['uploadId'],
  UploadIdMarker: ['upload-id-marker'],
  VersionId: ['versionId'],
  VersionIdMarker: ['version-id-marker'],
}

/** `x-amz-*` headers that are read elsewhere or carry nothing that an operation must heed. */
const ELSEWHERE =
  /^x-amz-(content-sha256|date|security-token|user-agent|decoded-content-length|trailer|sdk-checksum-algorithm|request-payer|optional-object-attributes|transition-default-minimum-object-size|meta-.+|checksum-.+)$/

const KNOWN = new Set(Object.values(HEADERS).map(([name]) => name))

/** The members that the headers of a request hold. @throws AwsError 501 for an `x-amz-` header that nobody here knows */
export function readHeaders(headers: Record<string, string | undefined>): Record<string, unknown> {
  for (const name of Object.keys(headers))
    if (name.startsWith('x-amz-') && !KNOWN.has(name) && !ELSEWHERE.test(name))
      throw notImplemented('s3', `header ${name}`)
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = value ?? ''
  return {
    ...readMembers(HEADERS, name => headers[name]),
    Metadata: metadata,
    ContentMD5: headers['content-md5'],
  }
}

/** The members that a query holds, of those that an operation takes. */
export function readQuery(query: URLSearchParams, members: string[]): Record<string, unknown> {
  const taken = Object.fromEntries(members.map(member => [member, QUERY[member] as [string, Type?]]))
  return readMembers(taken, name => query.get(name) ?? undefined)
}

function readMembers(
  members: Record<string, [string, Type?]>,
  get: (name: string) => string | undefined,
): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [member, [name, type = 'text']] of Object.entries(members)) {
    const text = get(name)
    if (text === undefined) continue
    const value = parse(text, type)
    if (value !== undefined) result[member] = value
  }
  return result
}

/** Undefined for a date that is none: RFC 9110 has such a condition ignored. */
function parse(text: string, type: Type): unknown {
  if (type === 'number') return Number(text)
  if (type === 'boolean') return text.toLowerCase() === 'true'
  if (type === 'text') return text
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** The headers that an output holds, without the members that its document has. */
export function writeHeaders(output: Record<string, unknown>, inDocument: object): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [member, value] of Object.entries(output)) {
    const [name, type] = HEADERS[member] ?? []
    if (!name || value === undefined || value === null || Object.hasOwn(inDocument, member)) continue
    headers[name] =
      value instanceof Date ? (type === 'iso' ? value.toISOString() : value.toUTCString()) : String(value)
  }
  for (const [name, value] of Object.entries((output.Metadata ?? {}) as Record<string, string>))
    headers[`x-amz-meta-${name}`] = value
  return headers
}
