import type {
  ListMultipartUploadsOutput,
  ListObjectsOutput,
  ListObjectsV2Output,
  ListObjectVersionsOutput,
  ListPartsOutput,
} from '@aws-sdk/client-s3'
import { existingBucket, owner } from './buckets.ts'
import { checksumField } from './checksums.ts'
import type { UploadInput } from './multipart.ts'
import type { S3Parts } from './objects.ts'
import { position, type Upload, type Version } from './records.ts'
import { refusals } from './s3-errors.ts'

export interface ListInput {
  Bucket?: string
  ExpectedBucketOwner?: string
  Prefix?: string
  Delimiter?: string
  EncodingType?: string
  MaxKeys?: number
  Marker?: string
  StartAfter?: string
  ContinuationToken?: string
  FetchOwner?: boolean
  KeyMarker?: string
  VersionIdMarker?: string
  UploadIdMarker?: string
  MaxUploads?: number
}

/** Most entries of one page, and how many records are read at once. */
const MAX_PAGE = 1000

/** Lists objects, versions, uploads and parts, in the order of the names' bytes. */
export function createListing({ records, context }: S3Parts, findUpload: (input: UploadInput) => Upload) {
  const Owner = owner(context.accountId)

  function listObjectsV2(input: ListInput): ListObjectsV2Output {
    const { name } = existingBucket(records, context.accountId, input)
    const token = input.ContinuationToken
    const from = token === undefined ? after(input, input.StartAfter) : readToken(token)
    const page = walk(from, input, input.MaxKeys, (at, limit) => records.objects(name, at, limit))
    const encode = encoder(input.EncodingType)
    return {
      Name: name,
      Prefix: encode(input.Prefix ?? ''),
      StartAfter: input.StartAfter && encode(input.StartAfter),
      ContinuationToken: token,
      NextContinuationToken: page.next === undefined ? undefined : writeToken(page.next),
      KeyCount: page.items.length + page.prefixes.length,
      ...common(input, page, encode),
      Contents: page.items.map(version => ({
        ...describe(version, encode),
        Owner: input.FetchOwner ? Owner : undefined,
      })) as ListObjectsV2Output['Contents'],
    }
  }

  function listObjects(input: ListInput): ListObjectsOutput {
    const { name } = existingBucket(records, context.accountId, input)
    const page = walk(after(input, input.Marker), input, input.MaxKeys, (at, limit) =>
      records.objects(name, at, limit),
    )
    const encode = encoder(input.EncodingType)
    const last = page.lastPrefix ?? page.items.at(-1)?.key
    return {
      Name: name,
      Prefix: encode(input.Prefix ?? ''),
      Marker: encode(input.Marker ?? ''),
      NextMarker: page.next !== undefined && input.Delimiter && last ? encode(last) : undefined,
      ...common(input, page, encode),
      Contents: page.items.map(version => ({
        ...describe(version, encode),
        Owner,
      })) as ListObjectsOutput['Contents'],
    }
  }

  function listObjectVersions(input: ListInput): ListObjectVersionsOutput {
    const { name } = existingBucket(records, context.accountId, input)
    const marker = input.KeyMarker ?? ''
    if (input.VersionIdMarker && !marker)
      throw refusals.invalidArgument('A version-id marker cannot be specified without a key marker.')
    const marked = input.VersionIdMarker ? records.version(name, marker, input.VersionIdMarker) : undefined
    const from = marked ? position.afterVersion(marked) : after(input, marker)
    const page = walk(
      from,
      input,
      input.MaxKeys,
      (at, limit) => records.versions(name, at, limit),
      position.afterVersion,
    )
    const encode = encoder(input.EncodingType)
    const latest = (version: Version) => records.newest(name, version.key)?.sequence === version.sequence
    const last = page.lastPrefix === undefined ? page.items.at(-1) : undefined
    const row = (version: Version) => ({
      ...describe(version, encode),
      VersionId: version.versionId,
      IsLatest: latest(version),
      Owner,
    })
    return {
      Name: name,
      Prefix: encode(input.Prefix ?? ''),
      KeyMarker: encode(marker),
      VersionIdMarker: input.VersionIdMarker,
      NextKeyMarker: page.next === undefined ? undefined : encode(page.lastPrefix ?? last?.key ?? ''),
      NextVersionIdMarker: page.next === undefined ? undefined : last?.versionId,
      ...common(input, page, encode),
      Versions: page.items
        .filter(version => !version.deleteMarker)
        .map(row) as ListObjectVersionsOutput['Versions'],
      DeleteMarkers: page.items.filter(version => version.deleteMarker).map(row),
    }
  }

  function listMultipartUploads(input: ListInput): ListMultipartUploadsOutput {
    const { name } = existingBucket(records, context.accountId, input)
    const marker = input.KeyMarker ?? ''
    const from =
      marker && input.UploadIdMarker
        ? position.afterUpload(marker, input.UploadIdMarker)
        : after(input, marker)
    const next = (upload: Upload) => position.afterUpload(upload.key, upload.uploadId)
    const page = walk(from, input, input.MaxUploads, (at, limit) => records.uploads(name, at, limit), next)
    const encode = encoder(input.EncodingType)
    const last = page.lastPrefix === undefined ? page.items.at(-1) : undefined
    return {
      Bucket: name,
      KeyMarker: encode(marker),
      UploadIdMarker: input.UploadIdMarker ?? '',
      NextKeyMarker: page.next === undefined ? undefined : encode(page.lastPrefix ?? last?.key ?? ''),
      NextUploadIdMarker: page.next === undefined ? undefined : last?.uploadId,
      Prefix: encode(input.Prefix ?? ''),
      Delimiter: input.Delimiter && encode(input.Delimiter),
      EncodingType: input.EncodingType as never,
      MaxUploads: pageSize(input.MaxUploads),
      IsTruncated: page.next !== undefined,
      Uploads: page.items.map(upload => ({
        Key: encode(upload.key),
        UploadId: upload.uploadId,
        Initiated: new Date(upload.startedMs),
        StorageClass: upload.storageClass as never,
        Owner,
        Initiator: Owner,
        ChecksumAlgorithm: upload.checksum.algorithm,
        ChecksumType: upload.checksum.type,
      })),
      CommonPrefixes: page.prefixes.map(prefix => ({ Prefix: encode(prefix) })),
    }
  }

  function listParts(
    input: UploadInput & { MaxParts?: number; PartNumberMarker?: string | number },
  ): ListPartsOutput {
    const upload = findUpload(input)
    const marker = Number(input.PartNumberMarker ?? 0)
    const limit = pageSize(input.MaxParts)
    const found = records.parts(upload.uploadId).filter(part => part.number > marker)
    const page = found.slice(0, limit)
    return {
      Bucket: upload.bucket,
      Key: upload.key,
      UploadId: upload.uploadId,
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
      MaxParts: limit,
      IsTruncated: found.length > limit,
      Parts: page.map(part => ({
        PartNumber: part.number,
        LastModified: new Date(part.modifiedMs),
        ETag: part.md5,
        Size: part.size,
        [checksumField(upload.checksum.algorithm)]: part.checksum,
      })),
      Initiator: Owner,
      Owner,
      StorageClass: upload.storageClass as never,
      ChecksumAlgorithm: upload.checksum.algorithm,
      ChecksumType: upload.checksum.type,
    }
  }

  return { listObjects, listObjectsV2, listObjectVersions, listMultipartUploads, listParts }
}

interface Page<T> {
  items: T[]
  prefixes: string[]
  /** Set when a common prefix ended the page. */
  lastPrefix?: string
  /** Where the next page begins; undefined on the last. */
  next?: string
}

/** Reads on from a position until a page is full, rolling names up to their common prefixes and leaping over those. */
function walk<T extends { key: string }>(
  start: string,
  { Prefix = '', Delimiter = '' }: ListInput,
  asked: number | undefined,
  read: (from: string, limit: number) => T[],
  next: (item: T) => string = item => position.after(item.key),
): Page<T> {
  const limit = pageSize(asked)
  const page: Page<T> = { items: [], prefixes: [] }
  let from = start < Prefix ? Prefix : start
  if (limit === 0) return page
  for (;;) {
    const rows = read(from, MAX_PAGE)
    let leapt = false
    for (const row of rows) {
      if (!row.key.startsWith(Prefix)) return page
      if (page.items.length + page.prefixes.length >= limit) return { ...page, next: from }
      const end = Delimiter ? row.key.indexOf(Delimiter, Prefix.length) : -1
      if (end < 0) {
        page.items.push(row)
        page.lastPrefix = undefined
        from = next(row)
        continue
      }
      const prefix = row.key.slice(0, end + Delimiter.length)
      page.prefixes.push(prefix)
      page.lastPrefix = prefix
      from = position.afterPrefix(prefix)
      leapt = true
      break
    }
    if (!leapt && rows.length < MAX_PAGE) return page
  }
}

/** Just after a marker: after the whole prefix where the marker is one. */
function after({ Prefix = '', Delimiter }: ListInput, marker: string | undefined): string {
  if (!marker) return ''
  const rolledUp =
    Delimiter &&
    marker.endsWith(Delimiter) &&
    marker.indexOf(Delimiter, Prefix.length) === marker.length - Delimiter.length
  return rolledUp && marker.startsWith(Prefix) ? position.afterPrefix(marker) : position.after(marker)
}

function pageSize(asked: number | undefined): number {
  if (asked === undefined) return MAX_PAGE
  if (!(asked >= 0 && asked <= 2_147_483_647))
    throw refusals.invalidArgument('Argument maxKeys must be an integer between 0 and 2147483647')
  return Math.min(asked, MAX_PAGE)
}

function common<T>(input: ListInput, page: Page<T>, encode: (text: string) => string) {
  return {
    MaxKeys: pageSize(input.MaxKeys),
    Delimiter: input.Delimiter && encode(input.Delimiter),
    EncodingType: input.EncodingType as 'url' | undefined,
    IsTruncated: page.next !== undefined,
    CommonPrefixes: page.prefixes.map(prefix => ({ Prefix: encode(prefix) })),
  }
}

function describe(version: Version, encode: (text: string) => string) {
  return {
    Key: encode(version.key),
    LastModified: new Date(version.modifiedMs),
    ETag: version.deleteMarker ? undefined : version.etag,
    ChecksumAlgorithm: version.checksum && [version.checksum.algorithm],
    ChecksumType: version.checksum?.type,
    Size: version.deleteMarker ? undefined : version.size,
    StorageClass: version.deleteMarker ? undefined : version.storageClass,
  }
}

/** `encoding-type=url`: for names that XML cannot hold. */
function encoder(type: string | undefined): (text: string) => string {
  if (type === undefined) return text => text
  if (type !== 'url') throw refusals.invalidArgument('Invalid Encoding Method specified in Request')
  return text =>
    encodeURIComponent(text)
      .replace(/[!'()]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%2F', '/')
      .replaceAll('%20', '+')
}

function writeToken(next: string): string {
  return Buffer.from(next).toString('base64url')
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (token === '' || writeToken(text) !== token)
    throw refusals.invalidArgument('The continuation token provided is incorrect')
  return text
}
