import { invalidParameter } from './errors.ts'

/** One page of a list, as ECS's list operations give them: at most 100, with an opaque token for the rest. */
export function page<T>(
  all: T[],
  { maxResults = 100, nextToken }: { maxResults?: number; nextToken?: string },
): { items: T[]; nextToken?: string } {
  const start = nextToken ? Number(Buffer.from(nextToken, 'base64url').toString()) : 0
  if (!Number.isInteger(start) || start < 0) throw invalidParameter('Invalid token.')
  const end = start + Math.min(Math.max(maxResults, 1), 100)
  return {
    items: all.slice(start, end),
    ...(end < all.length && { nextToken: Buffer.from(String(end)).toString('base64url') }),
  }
}
