/**
 * The one way in which a service of the local cloud refuses a request.
 * Code, message and HTTP status are AWS's own, so that unmodified SDKs raise the exception they know.
 */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  readonly code: string
  /** HTTP status: 4xx is the caller's fault, 5xx ours. */
  readonly status: number
  /** Further members of the error's shape, such as `CancellationReasons` or `Item`. */
  readonly fields: Record<string, unknown>

  constructor(code: string, message: string, status = 400, fields: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.status = status
    this.fields = fields
  }
}

/** What an operation that the local cloud does not have answers: never a fake success. */
export function notImplemented(service: string, operation: string): AwsError {
  return new AwsError(
    'NotImplemented',
    `the local cloud does not implement ${service} ${operation}; see local-cloud/src/services/${service}/SPEC.md for what it does`,
    501,
  )
}
