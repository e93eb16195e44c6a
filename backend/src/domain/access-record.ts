/** That somebody reached for a person's data: who, for what, when, by which request and right. Holds no values. */
export interface AccessRecord {
  /** RFC 3339. */
  at: string
  requestId: string
  /** `self`, or the user id of whom the person has let read. */
  by: string
  action: 'read' | 'write'
  /** Method and pattern of the route: `GET /api/v1/health-data`. */
  what: string
  /** Metrics that were asked for, where the question names them. */
  metrics?: string[]
  grantId?: string
}
