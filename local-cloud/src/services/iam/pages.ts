import { AwsError } from '../../core/aws-error.ts'

/** What a list of IAM may be asked: over the query protocol `MaxItems` is text. */
export interface PageInput {
  Marker?: string
  MaxItems?: number | string
}

/** Most items of a page, and those of one that names no number (IAM API reference). */
const MOST = 1000
const USUAL = 100

/**
 * One page of a list in its order; the marker is the place where the next one begins.
 * @throws AwsError `ValidationError` for a size outside 1 to 1000, `InvalidInput` for a marker that is not ours
 */
export function pageOf<T>(
  all: T[],
  { Marker, MaxItems }: PageInput,
): { items: T[]; IsTruncated: boolean; Marker?: string } {
  const size = Number(MaxItems ?? USUAL)
  if (!(Number.isInteger(size) && size >= 1 && size <= MOST))
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${MaxItems}' at 'maxItems' must be between 1 and ${MOST}`,
    )
  const from = Marker ? Number(Buffer.from(Marker, 'base64url').toString()) : 0
  if (!(Number.isInteger(from) && from >= 0)) throw new AwsError('InvalidInput', `Invalid Marker: ${Marker}`)
  const end = from + size
  const more = end < all.length
  return {
    items: all.slice(from, end),
    IsTruncated: more,
    Marker: more ? Buffer.from(String(end)).toString('base64url') : undefined,
  }
}
