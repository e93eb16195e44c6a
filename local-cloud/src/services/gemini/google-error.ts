/** A refusal as Google's APIs word it: `{error: {code, message, status, details}}`. https://google.aip.dev/193 */
export class GoogleError extends Error {
  override readonly name = 'GoogleError'
  /** HTTP status. */
  readonly code: number
  /** The gRPC status, such as `INVALID_ARGUMENT`. */
  readonly status: string
  readonly details: Record<string, unknown>[]

  constructor(code: number, status: string, message: string, details: Record<string, unknown>[] = []) {
    super(message)
    this.code = code
    this.status = status
    this.details = details.map(({ type, ...rest }) => ({
      '@type': `type.googleapis.com/google.rpc.${type}`,
      ...rest,
    }))
  }

  /** The body of the answer. */
  toJSON(): object {
    const { code, message, status, details } = this
    return { error: { code, message, status, ...(details.length > 0 && { details }) } }
  }
}

const SERVICE = 'generativelanguage.googleapis.com'

/** 400 with the field at fault. */
export function invalidArgument(message: string, field?: string): GoogleError {
  const details = field ? [{ type: 'BadRequest', fieldViolations: [{ field, description: message }] }] : []
  return new GoogleError(400, 'INVALID_ARGUMENT', message, details)
}

/** What Google answers to a key that it never issued: 400, not 403. */
export function invalidKey(): GoogleError {
  const message = 'API key not valid. Please pass a valid API key.'
  return new GoogleError(400, 'INVALID_ARGUMENT', message, [
    {
      type: 'ErrorInfo',
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: SERVICE },
    },
    { type: 'LocalizedMessage', locale: 'en-US', message },
  ])
}

/** No key at all. */
export function noKey(): GoogleError {
  return new GoogleError(
    403,
    'PERMISSION_DENIED',
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  )
}

/** On the Vertex path: no bearer token, or one that nobody issued. */
export function unauthenticated(
  reason: 'CREDENTIALS_MISSING' | 'ACCESS_TOKEN_TYPE_UNSUPPORTED',
): GoogleError {
  return new GoogleError(
    401,
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    [
      {
        type: 'ErrorInfo',
        reason,
        domain: 'googleapis.com',
        metadata: { service: 'aiplatform.googleapis.com' },
      },
    ],
  )
}

/** Over the quota; waiting as long as `retryDelay` says helps. */
export function resourceExhausted(model: string, retrySeconds: number): GoogleError {
  return new GoogleError(
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.',
    [
      {
        type: 'QuotaFailure',
        violations: [
          {
            quotaMetric: `${SERVICE}/generate_requests_per_model`,
            quotaId: 'GenerateRequestsPerMinutePerProjectPerModel',
            quotaDimensions: { location: 'global', model },
            quotaValue: '5',
          },
        ],
      },
      { type: 'RetryInfo', retryDelay: `${retrySeconds}s` },
    ],
  )
}

/** What Google does and the stand-in does not. */
export function unimplemented(what: string): GoogleError {
  return new GoogleError(
    501,
    'UNIMPLEMENTED',
    `the stand-in for Gemini does not have ${what}; see local-cloud/src/services/gemini/SPEC.md for what it does`,
  )
}
