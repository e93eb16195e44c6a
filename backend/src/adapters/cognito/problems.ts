import { Problem } from '../../problem.ts'

/** What a caller was doing, where the same Cognito exception means different things. */
export type Action = 'register' | 'login' | 'refresh' | 'code' | 'challenge' | 'session'

/**
 * Cognito's exceptions in this API's own terms. None tells whether an account exists: an unknown address reads like a
 * wrong password or a wrong code. (Cognito's own public SignUp, which anyone may call with the app client's id, does
 * tell; that is not in this API's hands.)
 */
export function cognitoProblem(error: unknown, action: Action): unknown {
  const { name, message = '' } = error as { name?: string; message?: string }
  const cause = error
  switch (name) {
    case 'TooManyRequestsException':
    case 'LimitExceededException':
    case 'TooManyFailedAttemptsException':
      return rateLimited(cause)
    case 'InvalidPasswordException':
      return passwordProblem(action, message, cause)
    case 'CodeMismatchException':
    case 'EnableSoftwareTokenMFAException':
      return codeMismatch(cause)
    case 'ExpiredCodeException':
      // Cognito says this of an unknown address as well, so that it must read like a wrong code.
      return action === 'challenge' ? sessionExpired(cause) : codeMismatch(cause)
    case 'UserNotConfirmedException':
      return new Problem(
        403,
        'email_not_verified',
        'E-mail address not verified',
        'confirm the e-mail address with the code that was sent to it, then sign in',
        { cause },
      )
    case 'PasswordResetRequiredException':
      return new Problem(
        403,
        'password_reset_required',
        'Password reset needed',
        'reset the password, then sign in',
        { cause },
      )
    case 'UserNotFoundException':
      return action === 'code' ? codeMismatch(cause) : refused(action, cause)
    case 'NotAuthorizedException':
      if (/attempts exceeded/i.test(message)) return rateLimited(cause)
      if (/session/i.test(message) && action === 'challenge') return sessionExpired(cause)
      return action === 'code' ? codeMismatch(cause) : refused(action, cause)
    case 'InvalidParameterException':
    case 'UserLambdaValidationException':
      return new Problem(
        400,
        action === 'register' ? 'registration_error' : 'invalid_request',
        'The request was refused',
        'the sign-in service refused the values that were sent',
        { cause },
      )
    case 'SoftwareTokenMFANotFoundException':
      return new Problem(
        400,
        'mfa_not_enrolled',
        'No authenticator app enrolled',
        'enrol one first: POST /api/v1/auth/mfa/associate',
        { cause },
      )
    case 'InternalErrorException':
    case 'ServiceUnavailableException':
      return unavailable(cause)
  }
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  if (isUnreachable(error) || ($metadata?.httpStatusCode ?? 0) >= 500) return unavailable(cause)
  return error
}

function refused(action: Action, cause: unknown): Problem {
  switch (action) {
    case 'register':
      return new Problem(
        403,
        'registration_error',
        'Registration failed',
        'registration is closed; ask the operator for an account',
        { cause },
      )
    case 'session':
      return new Problem(
        401,
        'invalid_token',
        'The access token is not valid',
        'the session has ended; sign in again',
        {
          headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
          cause,
        },
      )
    case 'refresh':
      return new Problem(
        401,
        'invalid_credentials',
        'Sign-in failed',
        'the refresh token is not valid or has expired; sign in again',
        { cause },
      )
    default:
      return new Problem(
        401,
        'invalid_credentials',
        'Sign-in failed',
        'the e-mail address or the password is wrong',
        { cause },
      )
  }
}

/** Cognito says which rule of the pool's policy a password breaks; the password itself is not in its message. */
function passwordProblem(action: Action, message: string, cause: unknown): Problem {
  const rule = /^Password did not conform with policy: ([\w ,-]+)$/.exec(message)?.[1]
  const text = rule
    ? rule[0]?.toLowerCase() + rule.slice(1)
    : "the password does not meet the user pool's policy"
  return new Problem(
    400,
    action === 'register' ? 'registration_error' : 'invalid_password',
    'The password was refused',
    text,
    {
      errors: [
        {
          field: action === 'register' ? 'password' : 'new_password',
          message: text,
          code: 'password_policy',
        },
      ],
      cause,
    },
  )
}

function codeMismatch(cause: unknown): Problem {
  return new Problem(
    400,
    'code_mismatch',
    'The code was refused',
    'the code is wrong, has been used, or has expired; ask for a new one if in doubt',
    {
      errors: [{ field: 'code', message: 'is wrong, has been used, or has expired', code: 'code_mismatch' }],
      cause,
    },
  )
}

function sessionExpired(cause: unknown): Problem {
  return new Problem(
    401,
    'invalid_credentials',
    'Sign-in failed',
    'the sign-in took too long or was used already; start again',
    { cause },
  )
}

function rateLimited(cause: unknown): Problem {
  return new Problem(
    429,
    'rate_limited',
    'Too many attempts',
    'too many attempts; wait a minute, then try again',
    {
      headers: { 'retry-after': '60' },
      cause,
    },
  )
}

function unavailable(cause: unknown): Problem {
  return new Problem(
    503,
    'identity_unavailable',
    'Sign-in is unavailable',
    'the sign-in service does not answer; try again shortly',
    {
      headers: { 'retry-after': '5' },
      cause,
    },
  )
}

function isUnreachable(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: string }
  return (
    (typeof code === 'string' && /^E[A-Z]+$/.test(code)) || name === 'TimeoutError' || name === 'AbortError'
  )
}
