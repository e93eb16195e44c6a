import type { DeleteObjectsOutput } from '@aws-sdk/client-s3'
import { AwsError } from '../../core/aws-error.ts'
import { existingBucket, seconds } from './buckets.ts'
import { checkWrite } from './conditions.ts'
import { checkKey } from './names.ts'
import { newVersionId, type ObjectInput, type S3Parts } from './objects.ts'
import type { Bucket, Version } from './records.ts'
import { refusals } from './s3-errors.ts'

export interface DeleteInput extends ObjectInput {
  IfMatch?: string
  BypassGovernanceRetention?: boolean
}

interface Deletion {
  DeleteMarker?: boolean
  VersionId?: string
}

/** Most objects in one DeleteObjects. */
const MAX_DELETIONS = 1000

/** Deletes objects (leaving markers where the bucket is versioned) and versions (unless locked). */
export function createRemoval({ records, blobs, context }: S3Parts) {
  async function deleteObject(input: DeleteInput): Promise<Deletion> {
    const key = input.Key ?? ''
    checkKey(key)
    const gone: Version[] = []
    const answer = records.transaction(() => {
      const bucket = existingBucket(records, context.accountId, input)
      if (input.IfMatch !== undefined)
        checkWrite(records.newest(bucket.name, key), key, { IfMatch: input.IfMatch })
      return input.VersionId === undefined
        ? deleteNewest(bucket, key, gone)
        : deleteVersion(bucket, key, input.VersionId, input.BypassGovernanceRetention ?? false, gone)
    })
    for (const version of gone) await blobs.remove(version.segments)
    return answer
  }

  function deleteNewest(bucket: Bucket, key: string, gone: Version[]): Deletion {
    const replaced = bucket.versioning === 'Enabled' ? undefined : records.version(bucket.name, key, 'null')
    const sequence = (records.newest(bucket.name, key)?.sequence ?? 0) + 1
    if (replaced) {
      records.remove(replaced)
      gone.push(replaced)
    }
    if (!bucket.versioning) return {}
    const marker: Version = {
      bucket: bucket.name,
      key,
      versionId: bucket.versioning === 'Enabled' ? newVersionId() : 'null',
      sequence,
      deleteMarker: true,
      modifiedMs: seconds(context.clock.now()),
      size: 0,
      etag: '',
      segments: [],
      headers: {},
      metadata: {},
      tags: {},
      storageClass: 'STANDARD',
      encryption: { algorithm: 'AES256' },
    }
    records.put(marker)
    return { DeleteMarker: true, VersionId: marker.versionId }
  }

  function deleteVersion(
    bucket: Bucket,
    key: string,
    versionId: string,
    bypass: boolean,
    gone: Version[],
  ): Deletion {
    const version = records.version(bucket.name, key, versionId)
    if (!version) return { VersionId: versionId }
    checkUnlocked(version, bypass, context.clock.now())
    records.remove(version)
    gone.push(version)
    return { VersionId: versionId, ...(version.deleteMarker && { DeleteMarker: true }) }
  }

  async function deleteObjects(
    input: ObjectInput & {
      BypassGovernanceRetention?: boolean
      Delete?: { Objects?: { Key?: string; VersionId?: string; ETag?: string }[]; Quiet?: boolean }
    },
  ): Promise<DeleteObjectsOutput> {
    existingBucket(records, context.accountId, input)
    const objects = input.Delete?.Objects ?? []
    if (objects.length < 1 || objects.length > MAX_DELETIONS)
      throw refusals.malformedXml(
        `1 to ${MAX_DELETIONS} objects can be deleted at a time, got ${objects.length}`,
      )
    const deleted: NonNullable<DeleteObjectsOutput['Deleted']> = []
    const errors: NonNullable<DeleteObjectsOutput['Errors']> = []
    for (const { Key, VersionId, ETag } of objects) {
      try {
        const done = await deleteObject({ ...input, Key, VersionId, IfMatch: ETag })
        deleted.push({
          Key,
          VersionId,
          ...(done.DeleteMarker && { DeleteMarker: true, DeleteMarkerVersionId: done.VersionId }),
        })
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        errors.push({ Key, VersionId, Code: error.code, Message: error.message })
      }
    }
    return { Deleted: input.Delete?.Quiet ? [] : deleted, Errors: errors }
  }

  return { deleteObject, deleteObjects }
}

/** @throws AwsError AccessDenied while a legal hold or a retention is on */
export function checkUnlocked(version: Version, bypass: boolean, nowMs: number): void {
  const { retention, legalHold } = version
  if (legalHold) throw refusals.locked()
  if (!retention || retention.untilMs <= nowMs) return
  if (retention.mode === 'COMPLIANCE' || !bypass) throw refusals.locked()
}
