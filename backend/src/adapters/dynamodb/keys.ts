/** The one table's keys: everything of a user under one partition, sorted by kind, metric and local day. */
export const keys = {
  user: (userId: string) => `U#${userId}`,
  /** Every chunk starts with this. */
  chunks: 'C#',
  /** Every chunk of a metric's day starts with this. */
  day: (metric: string, day: string) => `C#${metric}#${day}#`,
  chunk: (metric: string, day: string, part: number) => `C#${metric}#${day}#${String(part).padStart(4, '0')}`,
  summary: (metric: string, date: string) => `S#${metric}#${date}`,
  upload: (uploadId: string) => `UPLOAD#${uploadId}`,
  /** A part of the user's tombstones; without a number, what every part starts with. */
  tombstones: (part?: number) => `T#${part === undefined ? '' : String(part).padStart(4, '0')}`,
  /** An answer kept for a client's `Idempotency-Key`. */
  idempotency: (hash: string) => `IDEM#${hash}`,
  /** Changes with everything that changes what a user reads. */
  revision: 'REVISION',
  /** What happened at a time; without one, what every such item starts with. */
  event: (id = '') => `EVENT#${id}`,
  /** Ids sort by time; without one, what every insight starts with. */
  insight: (id: string) => `INSIGHT#${id}`,
  /** Finds the insight of the same content. */
  sameInsight: (contentKey: string) => `SAME#${contentKey}`,
  /** The user's data key, as KMS wrapped it. */
  dataKey: 'DATAKEY',
  /** A grant to somebody; without an id, what every grant to them starts with; without either, every one. */
  grant: (grantee?: string, id = '') => (grantee === undefined ? 'GRANT#' : `GRANT#${grantee}#${id}`),
  /** A sign-in and everything that was renewed from it. */
  session: (id = '') => `SESSION#${id}`,
  /** When everything was signed out last. */
  signedOut: 'SIGNEDOUT',
  /** A presigned import that has not been completed. */
  pendingImport: (id: string) => `IMPORT#${id}`,
}

/** Whose partition a user's data is made anew in, beside what is there. */
export function shadowOf(userId: string): string {
  return `${userId}${SHADOW}`
}

/** Whose data lies in a partition: the user's own, or the shadow's owner. */
export function ownerOf(userId: string): string {
  return userId.endsWith(SHADOW) ? userId.slice(0, -SHADOW.length) : userId
}

const SHADOW = '#rebuild'

/** Sorts after every part of a day. */
export const AFTER_PARTS = '~'
