/** Something that happened to a user's data, as `GET /api/v1/events` tells it. Holds no health value. */
export interface UserEvent {
  type: 'upload' | 'import' | 'deletions' | 'export' | 'rebuild' | 'insight'
  data: Record<string, unknown>
}

/** Events of users, for a day. */
export interface EventStore {
  record(userId: string, event: UserEvent): Promise<void>
  /** Events from a time on, in order of their ids, which begin with their time in milliseconds and a dash. */
  since(userId: string, ms: number, limit: number): Promise<(UserEvent & { id: string })[]>
}

/** When an event was recorded, by its id; `undefined` for what is no id. */
export function eventTime(id: string): number | undefined {
  return /^\d{14}-[0-9a-f-]{1,40}$/.test(id) ? Number(id.slice(0, 14)) : undefined
}
