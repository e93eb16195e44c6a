import type { Version } from './records.ts'
import { refusals } from './s3-errors.ts'

export interface ReadConditions {
  IfMatch?: string
  IfNoneMatch?: string
  IfModifiedSince?: Date
  IfUnmodifiedSince?: Date
}

/** RFC 9110 section 13.2.2, as GetObject and HeadObject follow it. @throws AwsError 412 or 304 */
export function checkRead(version: Version, conditions: ReadConditions): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions
  if (IfMatch !== undefined) {
    if (!matches(version.etag, IfMatch)) throw refusals.preconditionFailed('If-Match')
  } else if (IfUnmodifiedSince && version.modifiedMs > IfUnmodifiedSince.getTime())
    throw refusals.preconditionFailed('If-Unmodified-Since')
  if (IfNoneMatch !== undefined) {
    if (matches(version.etag, IfNoneMatch)) throw refusals.notModified(version.etag)
  } else if (IfModifiedSince && version.modifiedMs <= IfModifiedSince.getTime())
    throw refusals.notModified(version.etag)
}

/** The conditions of a copy's source: where a read would be 304, a copy is 412. */
export function checkSource(version: Version, conditions: ReadConditions): void {
  try {
    checkRead(version, conditions)
  } catch {
    throw refusals.preconditionFailed('x-amz-copy-source-If-*')
  }
}

/**
 * The conditions of a write, on the object as it is at the moment of writing.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws AwsError 412; 404 for `If-Match` without an object
 */
export function checkWrite(
  newest: Version | undefined,
  key: string,
  { IfMatch, IfNoneMatch }: { IfMatch?: string; IfNoneMatch?: string },
): void {
  const object = newest?.deleteMarker ? undefined : newest
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== '*') throw refusals.invalidArgument("If-None-Match of a write can only be '*'")
    if (object) throw refusals.preconditionFailed('If-None-Match')
  }
  if (IfMatch === undefined) return
  if (!object) throw refusals.noSuchKey(key)
  if (!matches(object.etag, IfMatch)) throw refusals.preconditionFailed('If-Match')
}

function matches(etag: string, condition: string): boolean {
  const plain = (text: string) => text.trim().replace(/^W\//, '').replace(/^"|"$/g, '')
  return condition.split(',').some(each => each.trim() === '*' || plain(each) === plain(etag))
}
