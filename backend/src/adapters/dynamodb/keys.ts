/** The one table's keys: everything of a user under one partition, sorted by kind, metric and local day. */
export const keys = {
  user: (userId: string) => `U#${userId}`,
  /** Every chunk of a metric's day starts with this. */
  day: (metric: string, day: string) => `C#${metric}#${day}#`,
  chunk: (metric: string, day: string, part: number) => `C#${metric}#${day}#${String(part).padStart(4, '0')}`,
  summary: (metric: string, date: string) => `S#${metric}#${date}`,
  upload: (uploadId: string) => `UPLOAD#${uploadId}`,
}

/** Sorts after every part of a day. */
export const AFTER_PARTS = '~'
