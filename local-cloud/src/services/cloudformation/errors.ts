import { AwsError } from '../../core/aws-error.ts'

/** CloudFormation's answer to nearly everything that is wrong with a request: 400 `ValidationError`. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message)
}

/** An expression of the template that cannot be evaluated; the same code, AWS's usual opening. */
export function templateError(message: string): AwsError {
  return validationError(`Template error: ${message}`)
}

/** A template that is not well formed. */
export function formatError(message: string): AwsError {
  return validationError(`Template format error: ${message}`)
}

/** The text of anything thrown, with AWS's code where there is one: what stack events show. */
export function reasonOf(error: unknown): string {
  if (error instanceof AwsError) return `${error.message} (${error.code})`
  return error instanceof Error ? error.message : String(error)
}
