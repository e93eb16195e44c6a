/** One thing wrong with a request: where, what, and a stable code. */
export interface FieldError {
  /** A path into the body (`samples/3/type`) or the name of a parameter or header. */
  field: string
  /** What is wrong and what to send instead. Never a health value. */
  message: string
  code: string
}

/** An answer that refuses a request, in the terms of RFC 9457 (`application/problem+json`). */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** Stable, lower case, for programs: `validation_error`, `invalid_credentials`, `not_found`. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly errors: FieldError[]
  /** Further response headers, such as `retry-after`. */
  readonly headers: Record<string, string>

  constructor(
    status: number,
    type: string,
    title: string,
    detail: string,
    more: { errors?: FieldError[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause })
    this.status = status
    this.type = type
    this.title = title
    this.errors = more.errors ?? []
    this.headers = more.headers ?? {}
  }
}
