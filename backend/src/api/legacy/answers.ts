import type { FastifyRequest } from 'fastify'
import { Problem } from '../../problem.ts'

/** What the document says of every route of the earlier clients. */
export const LEGACY = { tags: ['earlier clients'], deprecated: true }

/** Configuration of routes that name a user. */
export const NOT_YOURS = { problems: { 403: 'The user is not that of the access token' } }

/** The form of time that the first client reads: ISO 8601, UTC, whole seconds. */
export function wholeSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The earlier clients name their user; it must be the one of the token. @throws Problem 403 */
export function onlyOwn(request: FastifyRequest, userId: string): void {
  if (userId.toLowerCase() === request.user.id.toLowerCase()) return
  throw new Problem(403, 'forbidden', 'Not yours', 'user_id must be that of the access token')
}
