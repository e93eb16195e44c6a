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
  /** A presigned import that has not been completed. */
  pendingImport: (id: string) => `IMPORT#${id}`,
}

/** Sorts after every part of a day. */
export const AFTER_PARTS = '~'
