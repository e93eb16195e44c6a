import { randomBytes } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'
import type { RequestContext, ServiceContext } from '../../core/service.ts'
import type { Blobs, Segment } from './blobs.ts'
import { existingBucket, seconds } from './buckets.ts'
import { ALGORITHMS, checksumField, readAlgorithm, USUAL } from './checksums.ts'
import { checkRead, checkWrite, type ReadConditions } from './conditions.ts'
import {
  type DescriptionInput,
  describeChecksum,
  describeEncryption,
  describeVersion,
  describeVersionId,
  readDescription,
} from './description.ts'
import { drawDataKey, openDataKey } from './encryption-key.ts'
import { checkKey } from './names.ts'
import { fromMemory, type Incoming } from './payload.ts'
import { type ByteRange, readRange } from './range.ts'
import type { Bucket, Description, Records, Version } from './records.ts'
import { refusals } from './s3-errors.ts'

/** The object that an operation is about. */
export interface ObjectInput {
  Bucket?: string
  Key?: string
  VersionId?: string
  ExpectedBucketOwner?: string
}

export type ObjectBody = Incoming | Uint8Array | string

export interface PutInput extends ObjectInput, DescriptionInput {
  Body?: ObjectBody
  ContentMD5?: string
  ChecksumAlgorithm?: string
  IfMatch?: string
  IfNoneMatch?: string
}

export interface ReadInput extends ObjectInput, ReadConditions {
  Range?: string
  PartNumber?: number
  ChecksumMode?: string
}

/** Who sends a request, wherever it came from. */
export type Sender = Pick<RequestContext, 'caller'>

/** What all operations on objects work with. */
export interface S3Parts {
  records: Records
  blobs: Blobs
  context: ServiceContext
}

/** Put, get and head of objects. */
export function createObjects({ records, blobs, context }: S3Parts) {
  async function putObject(input: PutInput, { caller }: Sender): Promise<Record<string, unknown>> {
    const bucket = existingBucket(records, context.accountId, input)
    const key = input.Key ?? ''
    checkKey(key)
    const description = await readSealedDescription(context, input, bucket, caller.arn)
    const body = openBody(input)
    if (input.ObjectLockMode && body.claims.md5 === undefined && body.claims.algorithm === undefined)
      throw refusals.invalidRequest(
        'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
      )
    const algorithm =
      body.claims.algorithm ?? (input.ChecksumAlgorithm && readAlgorithm(input.ChecksumAlgorithm))
    const stored = await blobs.receive(body, algorithm || USUAL)
    const version = await store({ records, blobs, context }, input, {
      description,
      size: stored.size,
      etag: `"${stored.md5.toString('hex')}"`,
      segments: [{ file: stored.file, size: stored.size }],
      checksum: { ...stored.checksum, type: 'FULL_OBJECT' },
    })
    return describeStored(version, bucket)
  }

  function headObject(input: ReadInput): Record<string, unknown> {
    return read(input).answer
  }

  async function getObject(
    input: ReadInput,
    { caller }: Sender,
  ): Promise<Record<string, unknown> & { Body: AsyncGenerator<Uint8Array> }> {
    const { version, range, answer } = read(input)
    if (ARCHIVED.has(version.storageClass))
      throw new AwsError(
        'InvalidObjectState',
        "The operation is not valid for the object's storage class",
        403,
        { StorageClass: version.storageClass },
      )
    await openDataKey(context, version, caller.arn)
    return { ...answer, Body: blobs.read(version.segments, range.start, range.end) }
  }

  function read(input: ReadInput): { version: Version; range: ByteRange; answer: Record<string, unknown> } {
    const bucket = existingBucket(records, context.accountId, input)
    const version = findVersion(records, bucket, input)
    checkRead(version, input)
    const part = input.PartNumber === undefined ? undefined : partRange(version, input.PartNumber)
    const partial = part ?? readRange(input.Range, version.size)
    const range = partial ?? { start: 0, end: version.size }
    return {
      version,
      range,
      answer: {
        ...describeVersion(version, bucket),
        ContentLength: range.end - range.start,
        ContentRange: partial && `bytes ${range.start}-${range.end - 1}/${version.size}`,
        PartsCount: part && version.parts?.length,
        // A checksum of the whole says nothing of a part.
        ...(input.ChecksumMode === 'ENABLED' && !partial && describeChecksum(version.checksum)),
      },
    }
  }

  return { putObject, headObject, getObject }
}

/** What an object is to be, with the data key that would encrypt it. @throws AwsError for a key that cannot be used */
export async function readSealedDescription(
  context: ServiceContext,
  input: ObjectInput & DescriptionInput,
  bucket: Bucket,
  callerArn: string,
): Promise<Description> {
  const description = readDescription(input, bucket, context.clock.now())
  const place = { bucket: bucket.name, key: input.Key ?? '' }
  const encryption = await drawDataKey(context, description.encryption, place, callerArn)
  return { ...description, encryption }
}

/** Classes that a lifecycle rule can move an object to and from which it would have to be restored first. */
const ARCHIVED = new Set(['GLACIER', 'DEEP_ARCHIVE'])

/** The body of a request, or one in memory with the checksums that the input claims for it. */
export function openBody(input: { Body?: ObjectBody; ContentMD5?: string }): Incoming {
  const { Body: body } = input
  if (body && typeof body === 'object' && 'stream' in body) return body
  const algorithm = ALGORITHMS.find(
    each => (input as Record<string, unknown>)[checksumField(each)] !== undefined,
  )
  const value = algorithm && (input as Record<string, string>)[checksumField(algorithm)]
  return { ...fromMemory(body), claims: { md5: input.ContentMD5, algorithm, value } }
}

/** The version that a request names, or the newest. @throws AwsError NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker */
export function findVersion(
  records: Records,
  bucket: Bucket,
  { Key: key = '', VersionId }: ObjectInput,
): Version {
  if (VersionId === undefined) {
    const newest = records.newest(bucket.name, key)
    if (!newest) throw refusals.noSuchKey(key)
    if (!newest.deleteMarker) return newest
    const refusal = refusals.noSuchKey(key)
    Object.assign(refusal.fields, { DeleteMarker: true, VersionId: newest.versionId })
    throw refusal
  }
  const version = records.version(bucket.name, key, VersionId)
  if (!version) throw refusals.noSuchVersion(key, VersionId)
  if (version.deleteMarker)
    throw refusals.methodNotAllowed({
      Method: 'GET',
      ResourceType: 'DeleteMarker',
      DeleteMarker: true,
      VersionId,
    })
  return version
}

export interface NewVersion {
  description: Description
  size: number
  etag: string
  segments: Segment[]
  checksum?: Version['checksum']
  parts?: Version['parts']
}

/**
 * Makes a body that lies on disk an object, if the conditions hold at this very moment; else removes it.
 * @param also runs in the same transaction
 * @param removeOnFailure what to remove when it is refused. @default the body
 */
export async function store(
  { records, blobs, context }: S3Parts,
  input: ObjectInput & { IfMatch?: string; IfNoneMatch?: string },
  made: NewVersion,
  also: () => void = () => {},
  removeOnFailure: Segment[] = made.segments,
): Promise<Version> {
  const { Key: key = '' } = input
  let replaced: Version | undefined
  let version: Version
  try {
    version = records.transaction(() => {
      const bucket = existingBucket(records, context.accountId, input)
      const newest = records.newest(bucket.name, key)
      checkWrite(newest, key, input)
      replaced = bucket.versioning === 'Enabled' ? undefined : records.version(bucket.name, key, 'null')
      if (replaced) records.remove(replaced)
      const { description, ...rest } = made
      const added: Version = {
        ...description,
        ...rest,
        bucket: bucket.name,
        key,
        versionId: bucket.versioning === 'Enabled' ? newVersionId() : 'null',
        sequence: (newest?.sequence ?? 0) + 1,
        deleteMarker: false,
        modifiedMs: seconds(context.clock.now()),
      }
      records.put(added)
      also()
      return added
    })
  } catch (error) {
    await blobs.remove(removeOnFailure)
    throw error
  }
  if (replaced) await blobs.remove(replaced.segments)
  return version
}

/** What a write answers. */
export function describeStored(version: Version, bucket: Bucket): Record<string, unknown> {
  return {
    ETag: version.etag,
    ...describeChecksum(version.checksum),
    ...describeEncryption(version.encryption),
    ...describeVersionId(version, bucket),
  }
}

export function newVersionId(): string {
  return randomBytes(24).toString('base64url')
}

function partRange(version: Version, number: number): ByteRange {
  if (!(number >= 1 && number <= 10_000))
    throw refusals.invalidArgument('Part number must be an integer between 1 and 10000, inclusive')
  const parts = version.parts ?? [{ number: 1, size: version.size }]
  const index = number - 1
  const part = parts[index]
  if (!part) return rangeBeyond(number, version.size)
  const start = parts.slice(0, index).reduce((sum, { size }) => sum + size, 0)
  return { start, end: start + part.size }
}

function rangeBeyond(number: number, size: number): never {
  const refusal = refusals.invalidRequest(`The requested partnumber ${number} is not satisfiable`)
  throw Object.assign(refusal, { code: 'InvalidPartNumber', status: 416, fields: { ActualObjectSize: size } })
}
