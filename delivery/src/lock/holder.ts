import type { LockItem } from '../aws/lock-table.ts'

/** Who has the lock, in words for people. */
export interface Holder {
  who: string
  host: string
  commit: string
  why: string
  /** When it was acquired. */
  since: Date
  /** When others may take it over. */
  expires: Date
  version: number
}

/** The holder that a lock item names. */
export function holderOf({ who, host, commit, why, since, leaseUntil, version }: LockItem): Holder {
  return { who, host, commit, why, since: new Date(since), expires: new Date(leaseUntil), version }
}

/** `deploy of 0123456789ab by ada on build-7 since 12:04:05Z`. */
export function holderWords({ who, host, commit, why, since }: Holder): string {
  return `${why} of ${commit} by ${who} on ${host} since ${since.toISOString().slice(0, 19)}Z`
}
