import { AwsError } from '../../core/aws-error.ts'

/**
 * SQS errors by shape name, with the code that the old query protocol gave each: SDKs read both.
 * Source: the `awsQueryError` and `httpError` traits of the SQS model.
 */
export const QUERY_ERROR_CODES: Record<string, string> = {
  AccessDeniedException: 'AccessDenied',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  PurgeQueueInProgress: 'AWS.SimpleQueueService.PurgeQueueInProgress',
  QueueDeletedRecently: 'AWS.SimpleQueueService.QueueDeletedRecently',
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
  InvalidParameterValueException: 'InvalidParameterValue',
  MissingRequiredParameterException: 'MissingParameter',
}

/** Every refusal is a 400 (SQS API reference, the errors of each action). */
export function sqsError(code: string, message: string): AwsError {
  return new AwsError(code, message)
}

export function invalidValue(parameter: string, value: unknown, reason: string): AwsError {
  return sqsError(
    'InvalidParameterValueException',
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  )
}

export function missing(parameter: string): AwsError {
  return sqsError('MissingRequiredParameterException', `The request must contain the parameter ${parameter}.`)
}

/** A whole number within bounds, given as a number or its digits; undefined stays undefined. */
export function wholeNumber(
  parameter: string,
  value: unknown,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined || value === null) return undefined
  const number =
    typeof value === 'number' ? value : /^-?\d+$/.test(String(value)) ? Number(value) : Number.NaN
  if (!Number.isInteger(number) || number < least || number > most)
    throw invalidValue(parameter, value, `Must be between ${least} and ${most}, if provided.`)
  return number
}
