/** What the exit code of every verb means; documented in `clarity --help` and stable. */
export const EXIT = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  unhealthy: 3,
  locked: 4,
  needsApproval: 5,
  rolledBack: 6,
  superseded: 7,
  timedOut: 8,
  preflightFailed: 9,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
