import { AwsError } from '../../core/aws-error.ts'

/** Most items of a page (KMS API reference). */
const MOST = 1000

/**
 * One page of a list; the marker is the place where the next one begins.
 * @throws AwsError `ValidationException`, `InvalidMarkerException`
 */
export function pageOf<T>(
  all: T[],
  { Limit = MOST, Marker }: { Limit?: number; Marker?: string },
): { items: T[]; Truncated: boolean; NextMarker?: string } {
  if (!(Number.isInteger(Limit) && Limit >= 1 && Limit <= MOST))
    throw new AwsError('ValidationException', `Limit ${Limit} must be between 1 and ${MOST}`)
  const from = Marker ? Number(Buffer.from(Marker, 'base64url').toString()) : 0
  if (!(Number.isInteger(from) && from >= 0))
    throw new AwsError('InvalidMarkerException', 'the marker is not one of this KMS')
  const end = from + Limit
  const more = end < all.length
  return {
    items: all.slice(from, end),
    Truncated: more,
    NextMarker: more ? Buffer.from(String(end)).toString('base64url') : undefined,
  }
}
