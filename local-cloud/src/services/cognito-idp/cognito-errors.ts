import { AwsError } from '../../core/aws-error.ts'

/** An error of Cognito; all of them are 400 on the wire. */
export function cognitoError(code: string, message: string): AwsError {
  return new AwsError(code, message)
}

export function invalidParameter(message: string): AwsError {
  return cognitoError('InvalidParameterException', message)
}

export function notAuthorized(message: string): AwsError {
  return cognitoError('NotAuthorizedException', message)
}

/** The one answer to a wrong name and to a wrong password. */
export function wrongPassword(): AwsError {
  return notAuthorized('Incorrect username or password.')
}

export function userNotFound(): AwsError {
  return cognitoError('UserNotFoundException', 'User does not exist.')
}

export function notFound(message: string): AwsError {
  return cognitoError('ResourceNotFoundException', message)
}

/** @throws AwsError `InvalidParameterException` in the words of AWS where a parameter is absent or empty */
export function required<T>(name: string, value: T | undefined | null): T {
  if (value === undefined || value === null || value === '')
    throw invalidParameter(`Missing required parameter ${name}`)
  return value
}
