import { EXIT } from './cli/exit-codes.ts'

/** A failure that a person can act on: what was wrong, and what to do next. */
export class ClarityError extends Error {
  override readonly name = 'ClarityError'
  /** Stable, for programs: `port_taken`, `not_running`, `deployment_failed`. */
  readonly code: string
  /** The next step, as a sentence or a command. */
  readonly fix: string
  readonly exitCode: number
  /** Further lines of evidence, most telling first. */
  readonly evidence: string[]

  constructor(
    code: string,
    message: string,
    fix: string,
    more: { exitCode?: number; evidence?: string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.code = code
    this.fix = fix
    this.exitCode = more.exitCode ?? EXIT.failed
    this.evidence = more.evidence ?? []
  }
}
