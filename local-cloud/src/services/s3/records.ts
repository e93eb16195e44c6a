import type { Collection, Store } from '../../core/store.ts'
import type { Segment } from './blobs.ts'
import type { Algorithm } from './checksums.ts'

/** A bucket and its settings, which have the SDK's shapes. */
export interface Bucket {
  name: string
  createdMs: number
  versioning?: 'Enabled' | 'Suspended'
  objectLock: boolean
  tags?: Record<string, string>
  /** Documents by the name of the setting, such as `encryption`. */
  settings: Record<string, unknown>
}

export interface Encryption {
  algorithm: string
  keyId?: string
  bucketKey?: boolean
  /** The object's data key as KMS gave it, in base64: who cannot have it opened cannot read the object. */
  dataKey?: string
}

export interface Checksum {
  algorithm: Algorithm
  /** Base64; of the parts' checksums with `-<count>` for COMPOSITE. */
  value: string
  type: 'FULL_OBJECT' | 'COMPOSITE'
}

export interface Retention {
  mode: 'GOVERNANCE' | 'COMPLIANCE'
  untilMs: number
}

/** What a client says about an object besides its bytes. */
export interface Description {
  /** `content-type` and its like, as sent. */
  headers: Record<string, string>
  metadata: Record<string, string>
  tags: Record<string, string>
  storageClass: string
  encryption: Encryption
  retention?: Retention
  legalHold?: boolean
}

/** One version of an object, or a delete marker. */
export interface Version extends Description {
  bucket: string
  key: string
  /** `null` where the bucket was not versioned when it was written. */
  versionId: string
  /** Counts the versions of its key upwards. */
  sequence: number
  deleteMarker: boolean
  modifiedMs: number
  size: number
  etag: string
  segments: Segment[]
  checksum?: Checksum
  /** Sizes and checksums of the parts of a multipart upload. */
  parts?: { number: number; size: number; checksum?: string }[]
}

export interface Upload extends Description {
  bucket: string
  key: string
  uploadId: string
  startedMs: number
  /** `named` when the client chose it: then every part must come with it. */
  checksum: { algorithm: Algorithm; type: Checksum['type']; named: boolean }
}

export interface Part extends Segment {
  uploadId: string
  number: number
  md5: string
  modifiedMs: number
  checksum: string
}

/** Ends the name of an object in the store's keys; not allowed in names, below every character that is. */
const END = '\u0001'
const LAST = '\u{10ffff}'
const NEWEST_FIRST = 10 ** 12

export interface Records {
  buckets: Collection<Bucket>
  newest(bucket: string, key: string): Version | undefined
  version(bucket: string, key: string, versionId: string): Version | undefined
  put(version: Version): void
  remove(version: Version): void
  /** Objects (not delete markers) at and after a name, in S3's order: by UTF-8 bytes. */
  objects(bucket: string, from: string, limit: number): Version[]
  /** Versions at and after a name (and after that name's `afterSequence`), newest first within a name. */
  versions(bucket: string, from: string, limit: number): Version[]
  isEmpty(bucket: string): boolean
  uploads(bucket: string, from: string, limit: number): Upload[]
  upload(bucket: string, key: string, uploadId: string): Upload | undefined
  putUpload(upload: Upload): void
  parts(uploadId: string): Part[]
  putPart(part: Part): void
  /** Removes an upload with its parts. */
  removeUpload(upload: Upload): void
  /** Every body that a record names. */
  files(): Set<string>
  transaction<R>(work: () => R): R
}

/** Positions for `objects`, `versions` and `uploads`, relative to names that an earlier page ended with. */
export const position = {
  after: (key: string) => `${key}\u0002`,
  afterPrefix: (prefix: string) => `${prefix}${LAST}`,
  afterVersion: (version: Version) => `${version.key}${END}${rank(version.sequence)}${END}`,
  afterUpload: (key: string, uploadId: string) => `${key}${END}${uploadId}${END}`,
}

const rank = (sequence: number) => String(NEWEST_FIRST - sequence).padStart(13, '0')

/** The metadata of buckets, objects and uploads, in the cloud's store. */
export function createRecords(store: Store): Records {
  const buckets = store.collection<Bucket>('s3', 'bucket')
  const versions = store.collection<Version>('s3', 'version')
  const current = store.collection<number>('s3', 'current')
  const uploads = store.collection<Upload>('s3', 'upload')
  const parts = store.collection<Part>('s3', 'part')
  const name = (bucket: string, key: string) => `${bucket}/${key}`
  const versionKey = (v: Pick<Version, 'bucket' | 'key' | 'sequence'>) =>
    `${name(v.bucket, v.key)}${END}${rank(v.sequence)}`
  const uploadKey = (u: Pick<Upload, 'bucket' | 'key' | 'uploadId'>) =>
    `${name(u.bucket, u.key)}${END}${u.uploadId}`
  const partKey = (uploadId: string, number: number) => `${uploadId}/${String(number).padStart(5, '0')}`
  const newest = (bucket: string, key: string) =>
    versions.scan(`${name(bucket, key)}${END}`, `${name(bucket, key)}\u0002`, 1)[0]?.value
  const values = <T>(rows: { value: T }[]) => rows.map(row => row.value)

  function point(bucket: string, key: string): void {
    const latest = newest(bucket, key)
    if (latest && !latest.deleteMarker) current.put(name(bucket, key), latest.sequence)
    else current.delete(name(bucket, key))
  }

  return {
    buckets,
    newest,
    version: (bucket, key, versionId) =>
      versions.list(`${name(bucket, key)}${END}`).find(version => version.versionId === versionId),
    put: version => {
      versions.put(versionKey(version), version)
      point(version.bucket, version.key)
    },
    remove: version => {
      versions.delete(versionKey(version))
      point(version.bucket, version.key)
    },
    objects: (bucket, from, limit) =>
      current.scan(name(bucket, from), name(bucket, LAST), limit).flatMap(({ key, value: sequence }) => {
        const object = key.slice(bucket.length + 1)
        return versions.get(versionKey({ bucket, key: object, sequence })) ?? []
      }),
    versions: (bucket, from, limit) => values(versions.scan(name(bucket, from), name(bucket, LAST), limit)),
    isEmpty: bucket => versions.scan(name(bucket, ''), name(bucket, LAST), 1).length === 0,
    uploads: (bucket, from, limit) => values(uploads.scan(name(bucket, from), name(bucket, LAST), limit)),
    upload: (bucket, key, uploadId) => uploads.get(uploadKey({ bucket, key, uploadId })),
    putUpload: upload => uploads.put(uploadKey(upload), upload),
    parts: uploadId => parts.list(`${uploadId}/`),
    putPart: part => parts.put(partKey(part.uploadId, part.number), part),
    removeUpload: upload => {
      for (const key of parts.keys(`${upload.uploadId}/`)) parts.delete(key)
      uploads.delete(uploadKey(upload))
    },
    files: () => {
      const files = new Set(parts.list().map(part => part.file))
      for (let from = '', page = versions.scan('', LAST, 1000); page.length > 0; ) {
        for (const { key, value } of page) {
          for (const { file } of value.segments) files.add(file)
          from = key
        }
        page = versions.scan(`${from}\u0001`, LAST, 1000)
      }
      return files
    },
    transaction: work => store.transaction(work),
  }
}
