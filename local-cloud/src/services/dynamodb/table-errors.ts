import { AwsError } from '../../core/aws-error.ts'

/** The table is not there, or is not ready for items (`name` left out, as AWS words it). */
export function notFound(name?: string): AwsError {
  return new AwsError(
    'ResourceNotFoundException',
    name === undefined
      ? 'Requested resource not found'
      : `Requested resource not found: Table: ${name} not found`,
  )
}

export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

/** The parameter values contradict each other or the table, in AWS's usual opening. */
export function contradictory(message: string): AwsError {
  return invalid(`One or more parameter values were invalid: ${message}`)
}

/** dynalite's errors (`statusCode` and `body`) as ours; anything else is passed on as it is. */
export function translated(error: unknown): unknown {
  const { statusCode, body } = error as { statusCode?: number; body?: Record<string, string> }
  if (!statusCode || !body) return error
  const code = String(body.__type).split('#').pop() ?? ''
  return new AwsError(code, body.message ?? body.Message ?? '', statusCode)
}
