import type { ObjectLockRetention, Tag } from '@aws-sdk/client-s3'
import { AwsError } from '../../core/aws-error.ts'
import { readTags, tagSet } from './bucket-settings.ts'
import { existingBucket } from './buckets.ts'
import { describeVersionId, readRetention } from './description.ts'
import { findVersion, type ObjectInput, type S3Parts } from './objects.ts'
import type { Bucket, Retention, Version } from './records.ts'
import { refusals } from './s3-errors.ts'

/** Tags, retention and legal hold of an object. */
export function createObjectSettings({ records, context }: S3Parts) {
  function find(input: ObjectInput): { bucket: Bucket; version: Version } {
    const bucket = existingBucket(records, context.accountId, input)
    return { bucket, version: findVersion(records, bucket, input) }
  }

  function lockable(input: ObjectInput): { bucket: Bucket; version: Version } {
    const found = find(input)
    if (!found.bucket.objectLock) throw refusals.invalidRequest('Bucket is missing Object Lock Configuration')
    return found
  }

  function setTags(input: ObjectInput, tags: Record<string, string>): { VersionId?: string } {
    const { bucket, version } = find(input)
    records.put({ ...version, tags })
    return describeVersionId(version, bucket)
  }

  return {
    GetObjectTagging: (input: ObjectInput) => {
      const { bucket, version } = find(input)
      return { TagSet: tagSet(version.tags), ...describeVersionId(version, bucket) }
    },
    PutObjectTagging: (input: ObjectInput & { Tagging?: { TagSet?: Tag[] } }) =>
      setTags(input, readTags(input.Tagging?.TagSet, 10)),
    DeleteObjectTagging: (input: ObjectInput) => setTags(input, {}),

    GetObjectRetention: (input: ObjectInput) => {
      const { retention } = lockable(input).version
      if (!retention) throw noLock()
      return { Retention: { Mode: retention.mode, RetainUntilDate: new Date(retention.untilMs) } }
    },
    PutObjectRetention: (
      input: ObjectInput & { Retention?: ObjectLockRetention; BypassGovernanceRetention?: boolean },
    ) => {
      const { version } = lockable(input)
      const { Mode, RetainUntilDate } = input.Retention ?? {}
      const now = context.clock.now()
      const wanted =
        Mode === undefined && RetainUntilDate === undefined
          ? undefined
          : readRetention(Mode, RetainUntilDate, now)
      checkChange(version.retention, wanted, input.BypassGovernanceRetention ?? false, now)
      records.put({ ...version, retention: wanted })
    },

    GetObjectLegalHold: (input: ObjectInput) => {
      const { legalHold } = lockable(input).version
      if (legalHold === undefined) throw noLock()
      return { LegalHold: { Status: legalHold ? 'ON' : 'OFF' } }
    },
    PutObjectLegalHold: (input: ObjectInput & { LegalHold?: { Status?: string } }) => {
      const { version } = lockable(input)
      const status = input.LegalHold?.Status
      if (status !== 'ON' && status !== 'OFF')
        throw refusals.malformedXml(`Status '${status}' must be ON or OFF`)
      records.put({ ...version, legalHold: status === 'ON' })
    },
  }
}

/** A retention may grow; it shrinks or ends only where it is governed and the caller says so. */
function checkChange(
  now: Retention | undefined,
  wanted: Retention | undefined,
  bypass: boolean,
  nowMs: number,
): void {
  if (!now || now.untilMs <= nowMs) return
  const weaker =
    !wanted || wanted.untilMs < now.untilMs || (now.mode === 'COMPLIANCE' && wanted.mode !== now.mode)
  if (weaker && (now.mode === 'COMPLIANCE' || !bypass)) throw refusals.locked()
}

function noLock(): AwsError {
  return new AwsError(
    'NoSuchObjectLockConfiguration',
    'The specified object does not have a ObjectLock configuration',
    404,
  )
}
