import { existingBucket } from './buckets.ts'
import { type Algorithm, readAlgorithm, USUAL } from './checksums.ts'
import { checkSource, type ReadConditions } from './conditions.ts'
import { type DescriptionInput, describeChecksum, describeVersionId } from './description.ts'
import { openDataKey } from './encryption-key.ts'
import { checkKey } from './names.ts'
import {
  describeStored,
  findVersion,
  type ObjectInput,
  readSealedDescription,
  type S3Parts,
  type Sender,
  store,
} from './objects.ts'
import type { Incoming } from './payload.ts'
import { MAX_BODY_BYTES } from './payload.ts'
import { type ByteRange, readRange } from './range.ts'
import type { Description, Version } from './records.ts'
import { refusals } from './s3-errors.ts'

/** Where a copy comes from. */
export interface SourceInput {
  /** `bucket/key?versionId=…`, the key URL-encoded. */
  CopySource?: string
  CopySourceRange?: string
  CopySourceIfMatch?: string
  CopySourceIfNoneMatch?: string
  CopySourceIfModifiedSince?: Date
  CopySourceIfUnmodifiedSince?: Date
}

export interface CopyInput extends ObjectInput, DescriptionInput, SourceInput {
  MetadataDirective?: string
  TaggingDirective?: string
  ChecksumAlgorithm?: string
  IfMatch?: string
  IfNoneMatch?: string
}

/** Copies an object: its bytes are written anew, so that the copy has a checksum and a single-part ETag of its own. */
export function createCopy(parts: S3Parts) {
  const { records, blobs, context } = parts

  return async function copyObject(input: CopyInput, { caller }: Sender): Promise<Record<string, unknown>> {
    const bucket = existingBucket(records, context.accountId, input)
    const key = input.Key ?? ''
    checkKey(key)
    const source = openSource(parts, input)
    const { version } = source
    if (version.size > MAX_BODY_BYTES)
      throw refusals.invalidRequest(
        'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
      )
    checkItself(input, version)
    await openDataKey(context, version, caller.arn)
    const asked = await readSealedDescription(context, input, bucket, caller.arn)
    const description = describeCopy(input, version, asked)
    const algorithm: Algorithm = input.ChecksumAlgorithm
      ? readAlgorithm(input.ChecksumAlgorithm)
      : (version.checksum?.algorithm ?? USUAL)
    const stored = await blobs.receive(source.incoming(), algorithm)
    const copied = await store(parts, input, {
      description,
      size: stored.size,
      etag: `"${stored.md5.toString('hex')}"`,
      segments: [{ file: stored.file, size: stored.size }],
      checksum: { ...stored.checksum, type: 'FULL_OBJECT' },
    })
    return {
      ...describeStored(copied, bucket),
      ETag: undefined,
      CopySourceVersionId: source.versionId,
      CopyObjectResult: {
        ETag: copied.etag,
        LastModified: new Date(copied.modifiedMs),
        ...describeChecksum(copied.checksum),
      },
    }
  }
}

/** The source of a copy, with its conditions checked. */
export function openSource(
  { records, blobs, context }: S3Parts,
  input: SourceInput,
): { version: Version; range: ByteRange; versionId?: string; incoming(): Incoming } {
  const [path = '', query = ''] = (input.CopySource ?? '').split('?')
  let decoded: string
  try {
    decoded = decodeURIComponent(path).replace(/^\//, '')
  } catch {
    throw refusals.invalidArgument('Copy Source must be URL-encoded')
  }
  const slash = decoded.indexOf('/')
  if (slash < 1 || slash === decoded.length - 1)
    throw refusals.invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    )
  const bucket = existingBucket(records, context.accountId, { Bucket: decoded.slice(0, slash) })
  const version = findVersion(records, bucket, {
    Key: decoded.slice(slash + 1),
    VersionId: new URLSearchParams(query).get('versionId') ?? undefined,
  })
  const conditions: ReadConditions = {
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  }
  checkSource(version, conditions)
  const range = readRange(input.CopySourceRange, version.size)
  if (input.CopySourceRange !== undefined && !range)
    throw refusals.invalidArgument('The x-amz-copy-source-range value must be of the form bytes=first-last')
  const taken = range ?? { start: 0, end: version.size }
  return {
    version,
    range: taken,
    versionId: describeVersionId(version, bucket).VersionId,
    incoming: () => ({
      stream: blobs.read(version.segments, taken.start, taken.end),
      claims: {},
      trailers: () => ({}),
    }),
  }
}

/** Metadata and tags are the source's unless they are replaced; encryption, class and lock are the request's. */
function describeCopy(input: CopyInput, source: Version, asked: Description): Description {
  const kept = (input.MetadataDirective ?? 'COPY') === 'COPY'
  return {
    ...asked,
    headers: kept ? source.headers : asked.headers,
    metadata: kept ? source.metadata : asked.metadata,
    tags: (input.TaggingDirective ?? 'COPY') === 'COPY' ? source.tags : asked.tags,
  }
}

function checkItself(input: CopyInput, source: Version): void {
  const same = source.bucket === input.Bucket && source.key === input.Key
  const changes =
    input.MetadataDirective === 'REPLACE' ||
    input.TaggingDirective === 'REPLACE' ||
    input.StorageClass !== undefined ||
    input.ServerSideEncryption !== undefined ||
    input.ChecksumAlgorithm !== undefined ||
    /\?versionId=/.test(input.CopySource ?? '')
  if (same && !changes)
    throw refusals.invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    )
}
