import { createHash, randomBytes } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'
import type { Stored } from './blobs.ts'
import { existingBucket, seconds } from './buckets.ts'
import { type Algorithm, checksumField, createDigest, readAlgorithm, USUAL } from './checksums.ts'
import { openSource, type SourceInput } from './copy.ts'
import { type DescriptionInput, describeEncryption } from './description.ts'
import { checkKey } from './names.ts'
import {
  describeStored,
  type ObjectBody,
  type ObjectInput,
  openBody,
  readSealedDescription,
  type S3Parts,
  type Sender,
  store,
} from './objects.ts'
import type { Incoming } from './payload.ts'
import type { Checksum, Part, Upload } from './records.ts'
import { refusals } from './s3-errors.ts'

/** Smallest part but the last, and most parts. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART_BYTES = 5 * 1024 ** 2
const MAX_PARTS = 10_000

export interface UploadInput extends ObjectInput {
  UploadId?: string
}

export interface CompleteInput extends UploadInput {
  MultipartUpload?: { Parts?: ({ PartNumber?: number; ETag?: string } & Record<string, unknown>)[] }
  IfMatch?: string
  IfNoneMatch?: string
  MpuObjectSize?: number
  ChecksumType?: string
}

/** Objects in parts: each part a file of its own, the whole their list. */
export function createMultipart(s3: S3Parts) {
  const { records, blobs, context } = s3

  async function createMultipartUpload(
    input: ObjectInput & DescriptionInput & { ChecksumAlgorithm?: string; ChecksumType?: string },
    { caller }: Sender,
  ) {
    const bucket = existingBucket(records, context.accountId, input)
    const key = input.Key ?? ''
    checkKey(key)
    const algorithm = input.ChecksumAlgorithm ? readAlgorithm(input.ChecksumAlgorithm) : USUAL
    const type = readType(algorithm, input.ChecksumType)
    const upload: Upload = {
      ...(await readSealedDescription(context, input, bucket, caller.arn)),
      bucket: bucket.name,
      key,
      uploadId: randomBytes(48).toString('base64url'),
      startedMs: seconds(context.clock.now()),
      checksum: { algorithm, type, named: input.ChecksumAlgorithm !== undefined },
    }
    records.putUpload(upload)
    return {
      Bucket: bucket.name,
      Key: key,
      UploadId: upload.uploadId,
      ...(input.ChecksumAlgorithm && { ChecksumAlgorithm: algorithm, ChecksumType: type }),
      ...describeEncryption(upload.encryption),
    }
  }

  function find(input: UploadInput): Upload {
    const bucket = existingBucket(records, context.accountId, input)
    const upload = records.upload(bucket.name, input.Key ?? '', input.UploadId ?? '')
    if (!upload) throw refusals.noSuchUpload(input.UploadId ?? '')
    return upload
  }

  async function uploadPart(
    input: UploadInput & { PartNumber?: number; Body?: ObjectBody; ContentMD5?: string },
  ) {
    const upload = find(input)
    const body = openBody(input)
    checkPartChecksum(upload, body.claims.algorithm)
    const { part, verified } = await receive(input, upload, input.PartNumber, body)
    return {
      ETag: part.md5,
      [checksumField(verified.algorithm)]: verified.value,
      ...describeEncryption(upload.encryption),
    }
  }

  async function uploadPartCopy(input: UploadInput & SourceInput & { PartNumber?: number }) {
    const upload = find(input)
    const source = openSource(s3, input)
    const { part } = await receive(input, upload, input.PartNumber, source.incoming())
    return {
      CopySourceVersionId: source.versionId,
      CopyPartResult: {
        ETag: part.md5,
        LastModified: new Date(part.modifiedMs),
        [checksumField(upload.checksum.algorithm)]: part.checksum,
      },
      ...describeEncryption(upload.encryption),
    }
  }

  async function receive(
    input: UploadInput,
    upload: Upload,
    number = 0,
    body: Incoming,
  ): Promise<{ part: Part; verified: Stored['verified'] }> {
    if (!(number >= 1 && number <= MAX_PARTS))
      throw refusals.invalidArgument('Part number must be an integer between 1 and 10000, inclusive')
    const stored = await blobs.receive(body, upload.checksum.algorithm)
    let replaced: Part | undefined
    try {
      return records.transaction(() => {
        const { uploadId } = find(input)
        replaced = records.parts(uploadId).find(part => part.number === number)
        const part: Part = {
          uploadId,
          number,
          file: stored.file,
          size: stored.size,
          md5: `"${stored.md5.toString('hex')}"`,
          checksum: stored.checksum.value,
          modifiedMs: seconds(context.clock.now()),
        }
        records.putPart(part)
        return { part, verified: stored.verified }
      })
    } catch (error) {
      replaced = undefined
      await blobs.remove([stored])
      throw error
    } finally {
      if (replaced) await blobs.remove([replaced])
    }
  }

  async function completeMultipartUpload(input: CompleteInput) {
    const upload = find(input)
    const uploaded = records.parts(upload.uploadId)
    const chosen = choose(uploaded, input, upload.checksum)
    const size = chosen.reduce((sum, part) => sum + part.size, 0)
    if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== size)
      throw refusals.invalidRequest(
        `The provided 'x-amz-mp-object-size' header does not match what was computed: ${size}`,
      )
    const checksum = await wholeChecksum(upload, chosen)
    const claimed = (input as unknown as Record<string, string | undefined>)[
      checksumField(checksum.algorithm)
    ]
    if (claimed !== undefined && claimed.split('-')[0] !== checksum.value.split('-')[0])
      throw new AwsError(
        'BadDigest',
        `The ${checksum.algorithm} you specified did not match the calculated checksum.`,
      )
    const { uploadId, startedMs, checksum: _, bucket: name, key, ...description } = upload
    const md5 = createHash('md5')
    for (const part of chosen) md5.update(Buffer.from(part.md5.slice(1, -1), 'hex'))
    const unused = uploaded.filter(part => !chosen.includes(part))
    // A refused condition leaves the upload as it was: the parts are the upload's until they are the object's.
    const version = await store(
      s3,
      { ...input, VersionId: undefined },
      {
        description,
        size,
        etag: `"${md5.digest('hex')}-${chosen.length}"`,
        segments: chosen.map(({ file, size: bytes }) => ({ file, size: bytes })),
        checksum,
        parts: chosen.map((part, index) => ({ number: index + 1, size: part.size, checksum: part.checksum })),
      },
      () => {
        if (!records.upload(name, key, uploadId)) throw refusals.noSuchUpload(uploadId)
        records.removeUpload(upload)
      },
      [],
    )
    await blobs.remove(unused)
    const bucket = existingBucket(records, context.accountId, input)
    return {
      ...describeStored(version, bucket),
      Bucket: name,
      Key: key,
      Location: `${context.endpoint()}/${name}/${encodeURIComponent(key)}`,
    }
  }

  /** Of the parts' checksums, or over all bytes once more. */
  async function wholeChecksum(upload: Upload, parts: Part[]): Promise<Checksum> {
    const { algorithm, type } = upload.checksum
    const digest = createDigest(algorithm)
    if (type === 'COMPOSITE') for (const part of parts) digest.update(Buffer.from(part.checksum, 'base64'))
    else for await (const bytes of blobs.read(parts, 0, Number.MAX_SAFE_INTEGER)) digest.update(bytes)
    const value = digest.digest().toString('base64')
    return { algorithm, type, value: type === 'COMPOSITE' ? `${value}-${parts.length}` : value }
  }

  async function abortMultipartUpload(input: UploadInput): Promise<void> {
    const upload = find(input)
    const parts = records.parts(upload.uploadId)
    records.transaction(() => records.removeUpload(upload))
    await blobs.remove(parts)
  }

  return {
    createMultipartUpload,
    uploadPart,
    uploadPartCopy,
    completeMultipartUpload,
    abortMultipartUpload,
    findUpload: find,
  }
}

function readType(algorithm: Algorithm, asked: string | undefined): Checksum['type'] {
  const sha = algorithm.startsWith('SHA')
  const usual = algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE'
  const type = asked ?? usual
  if (type !== 'FULL_OBJECT' && type !== 'COMPOSITE')
    throw refusals.invalidRequest(`Value for x-amz-checksum-type header is invalid: ${type}`)
  if ((sha && type === 'FULL_OBJECT') || (algorithm === 'CRC64NVME' && type === 'COMPOSITE'))
    throw refusals.invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    )
  return type
}

/** An upload that was begun with an algorithm takes parts with that one; COMPOSITE takes none without. */
function checkPartChecksum(
  { checksum: { algorithm, type, named } }: Upload,
  given: Algorithm | undefined,
): void {
  const fits = given === undefined ? type === 'FULL_OBJECT' : given === algorithm
  if (named && !fits)
    throw refusals.invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${given?.toLowerCase() ?? 'null'}`,
    )
}

/** The parts that a completion names, in its order. @throws AwsError InvalidPart, InvalidPartOrder, EntityTooSmall, MalformedXML */
function choose(uploaded: Part[], input: CompleteInput, sum: Upload['checksum']): Part[] {
  const named = input.MultipartUpload?.Parts ?? []
  if (named.length < 1) throw refusals.malformedXml('at least one Part is expected')
  if (
    named.some(
      ({ PartNumber }, index) => index > 0 && Number(PartNumber) <= Number(named[index - 1]?.PartNumber),
    )
  )
    throw new AwsError(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    )
  const byNumber = new Map(uploaded.map(part => [part.number, part]))
  return named.map((name, index) => {
    const number = Number(name.PartNumber)
    const part = byNumber.get(number)
    const etag = String(name.ETag ?? '').replace(/^"|"$/g, '')
    const checksum = name[checksumField(sum.algorithm)]
    if (checksum === undefined && sum.named && sum.type === 'COMPOSITE')
      throw refusals.invalidRequest(
        `The upload was created using a ${sum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      )
    if (!part || part.md5 !== `"${etag}"` || (checksum !== undefined && checksum !== part.checksum))
      throw new AwsError(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        { UploadId: input.UploadId, PartNumber: number, ETag: etag },
      )
    if (part.size < MIN_PART_BYTES && index < named.length - 1)
      throw new AwsError(
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        400,
        {
          ProposedSize: part.size,
          MinSizeAllowed: MIN_PART_BYTES,
          PartNumber: number,
          ETag: etag,
        },
      )
    return part
  })
}
