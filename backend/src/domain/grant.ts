/** What one person lets another read: named metrics, until a time, unless taken back before. */
export interface Grant {
  id: string
  /** User ids. */
  owner: string
  grantee: string
  /** Canonical names. */
  metrics: string[]
  /** Who that is, in the owner's words. */
  label?: string
  /** RFC 3339. */
  createdAt: string
  expiresAt: string
  revokedAt?: string
}

/** How a grant stands at a time in milliseconds. */
export function grantStatus(grant: Grant, now: number): 'active' | 'expired' | 'revoked' {
  if (grant.revokedAt !== undefined) return 'revoked'
  return Date.parse(grant.expiresAt) > now ? 'active' : 'expired'
}

/** Whether a grant lets somebody read an answer that is made of these metrics, all of them. */
export function grants(
  grant: Grant,
  asked: { grantee: string; metrics: readonly string[]; now: number },
): boolean {
  return (
    grant.grantee === asked.grantee &&
    grantStatus(grant, asked.now) === 'active' &&
    asked.metrics.every(metric => grant.metrics.includes(metric))
  )
}
