import type { ObjectLockConfiguration } from '@aws-sdk/client-s3'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import { defaultEncryption, readTags } from './bucket-settings.ts'
import { checkAcl } from './buckets.ts'
import { checksumField } from './checksums.ts'
import type { Bucket, Checksum, Description, Encryption, Retention, Version } from './records.ts'
import { refusals } from './s3-errors.ts'

/** What PutObject, CopyObject and CreateMultipartUpload say of an object, in the SDK's members. */
export interface DescriptionInput {
  ACL?: string
  CacheControl?: string
  ContentDisposition?: string
  ContentEncoding?: string
  ContentLanguage?: string
  ContentType?: string
  Expires?: string | Date
  Metadata?: Record<string, string>
  Tagging?: string
  StorageClass?: string
  ServerSideEncryption?: string
  SSEKMSKeyId?: string
  BucketKeyEnabled?: boolean
  ObjectLockMode?: string
  ObjectLockRetainUntilDate?: Date
  ObjectLockLegalHoldStatus?: string
}

const HEADERS = {
  CacheControl: 'cache-control',
  ContentDisposition: 'content-disposition',
  ContentEncoding: 'content-encoding',
  ContentLanguage: 'content-language',
  ContentType: 'content-type',
  Expires: 'expires',
} as const

/** Classes whose objects can be read at once; the others would need RestoreObject. */
const STORAGE_CLASSES = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'REDUCED_REDUNDANCY',
  'GLACIER_IR',
]

/** Most bytes of user metadata, names and values. */
const MAX_METADATA_BYTES = 2048

export function readDescription(input: DescriptionInput, bucket: Bucket, nowMs: number): Description {
  checkAcl(input.ACL)
  const storageClass = input.StorageClass ?? 'STANDARD'
  if (/^(GLACIER|DEEP_ARCHIVE|OUTPOSTS|SNOW|EXPRESS_ONEZONE|FSX\w+)$/.test(storageClass))
    throw notImplemented('s3', `storage class ${storageClass}`)
  if (!STORAGE_CLASSES.includes(storageClass))
    throw new AwsError('InvalidStorageClass', 'The storage class you specified is not valid')
  const metadata = Object.fromEntries(
    Object.entries(input.Metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const bytes = Buffer.byteLength(Object.entries(metadata).flat().join(''))
  if (bytes > MAX_METADATA_BYTES)
    throw new AwsError(
      'MetadataTooLarge',
      'Your metadata headers exceed the maximum allowed metadata size',
      400,
      {
        Size: bytes,
        MaxSizeAllowed: MAX_METADATA_BYTES,
      },
    )
  return {
    headers: readHeaders(input),
    metadata,
    tags: readTagging(input.Tagging),
    storageClass,
    encryption: readEncryption(input, bucket),
    ...readLock(input, bucket, nowMs),
  }
}

function readHeaders(input: DescriptionInput): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'binary/octet-stream' }
  for (const [member, name] of Object.entries(HEADERS)) {
    const given = input[member as keyof typeof HEADERS]
    const value = given instanceof Date ? given.toUTCString() : given
    if (value) headers[name] = value
  }
  const encoding = (headers['content-encoding'] ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '' && part !== 'aws-chunked')
    .join(',')
  if (encoding) headers['content-encoding'] = encoding
  else delete headers['content-encoding']
  return headers
}

/** `a=1&b=2`, URL-encoded, as the header has it. */
function readTagging(text: string | undefined): Record<string, string> {
  if (!text) return {}
  return readTags(
    [...new URLSearchParams(text)].map(([Key, Value]) => ({ Key, Value })),
    10,
  )
}

function readEncryption(input: DescriptionInput, bucket: Bucket): Encryption {
  const algorithm = input.ServerSideEncryption
  if (algorithm === undefined) return defaultEncryption(bucket)
  if (!['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm))
    throw refusals.invalidArgument('The encryption method specified is not supported')
  if (algorithm === 'AES256' && input.SSEKMSKeyId)
    throw refusals.invalidArgument('A KMS key ID cannot be given with AES256')
  return { algorithm, keyId: input.SSEKMSKeyId, bucketKey: input.BucketKeyEnabled }
}

function readLock(
  input: DescriptionInput,
  bucket: Bucket,
  nowMs: number,
): { retention?: Retention; legalHold?: boolean } {
  const asked = input.ObjectLockMode ?? input.ObjectLockRetainUntilDate ?? input.ObjectLockLegalHoldStatus
  if (asked !== undefined && !bucket.objectLock)
    throw refusals.invalidRequest('Bucket is missing Object Lock Configuration')
  const legalHold = input.ObjectLockLegalHoldStatus === 'ON' || undefined
  if (input.ObjectLockMode !== undefined || input.ObjectLockRetainUntilDate !== undefined)
    return {
      retention: readRetention(input.ObjectLockMode, input.ObjectLockRetainUntilDate, nowMs),
      legalHold,
    }
  const rule = (bucket.settings.objectLock as ObjectLockConfiguration | undefined)?.Rule?.DefaultRetention
  if (!bucket.objectLock || !rule?.Mode) return { legalHold }
  const days = rule.Days ?? (rule.Years ?? 0) * 365
  return { retention: { mode: rule.Mode, untilMs: nowMs + days * 86_400_000 }, legalHold }
}

/** @throws AwsError InvalidArgument */
export function readRetention(mode: string | undefined, until: Date | undefined, nowMs: number): Retention {
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE')
    throw refusals.invalidArgument(`Unknown wormMode directive '${mode ?? ''}'`)
  const untilMs = new Date(until ?? Number.NaN).getTime()
  if (!(untilMs > nowMs)) throw refusals.invalidArgument('The retain until date must be in the future!')
  return { mode, untilMs }
}

/** What GetObject and HeadObject answer besides the body. */
export function describeVersion(version: Version, bucket: Bucket): Record<string, unknown> {
  const { headers, metadata, retention } = version
  return {
    ETag: version.etag,
    LastModified: new Date(version.modifiedMs),
    ContentLength: version.size,
    AcceptRanges: 'bytes',
    ...Object.fromEntries(Object.entries(HEADERS).map(([member, name]) => [member, headers[name]])),
    Metadata: metadata,
    StorageClass: version.storageClass === 'STANDARD' ? undefined : version.storageClass,
    TagCount: Object.keys(version.tags).length || undefined,
    PartsCount: undefined,
    ObjectLockMode: retention?.mode,
    ObjectLockRetainUntilDate: retention && new Date(retention.untilMs),
    ObjectLockLegalHoldStatus: version.legalHold ? 'ON' : undefined,
    ...describeEncryption(version.encryption),
    ...describeVersionId(version, bucket),
  }
}

export function describeEncryption({ algorithm, keyId, bucketKey }: Encryption): Record<string, unknown> {
  return {
    ServerSideEncryption: algorithm,
    SSEKMSKeyId: algorithm === 'AES256' ? undefined : keyId,
    BucketKeyEnabled: bucketKey || undefined,
  }
}

/** A bucket that was never versioned does not speak of versions. */
export function describeVersionId(version: Version, bucket: Bucket): { VersionId?: string } {
  return bucket.versioning ? { VersionId: version.versionId } : {}
}

export function describeChecksum(checksum: Checksum | undefined): Record<string, string> {
  return checksum ? { [checksumField(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type } : {}
}
