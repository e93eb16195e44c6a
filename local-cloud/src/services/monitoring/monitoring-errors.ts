import { AwsError } from '../../core/aws-error.ts'

/** Errors by shape name, with the code that the query protocol gives each (the `awsQueryError` traits of the model). */
export const QUERY_ERROR_CODES: Record<string, string> = {
  AccessDeniedException: 'AccessDenied',
  DashboardInvalidInputError: 'InvalidParameterInput',
  DashboardNotFoundError: 'ResourceNotFound',
  InvalidFormatFault: 'InvalidFormat',
  InvalidParameterCombinationException: 'InvalidParameterCombination',
  InvalidParameterValueException: 'InvalidParameterValue',
  LimitExceededFault: 'LimitExceeded',
  MissingRequiredParameterException: 'MissingParameter',
  ValidationException: 'ValidationError',
}

export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message)
}

export function invalidCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombinationException', message)
}

export function missing(parameter: string): AwsError {
  return new AwsError('MissingRequiredParameterException', `The parameter ${parameter} is required.`)
}

export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

/** What the local cloud leaves out of an operation that it has otherwise. */
export function notHere(what: string): AwsError {
  return new AwsError(
    'NotImplemented',
    `the local cloud does not implement ${what}; see local-cloud/src/services/monitoring/SPEC.md`,
    501,
  )
}
