import type { ParameterTier, ParameterType } from '@aws-sdk/client-ssm'
import { AwsError } from '../../core/aws-error.ts'

/** A parameter as it is stored, under its name. */
export interface ParameterRecord {
  name: string
  arn: string
  type: ParameterType
  description?: string
  keyId?: string
  allowedPattern?: string
  tier: ParameterTier
  dataType: string
  tags: Record<string, string>
  /** Oldest first; the last is the current one. */
  versions: ParameterVersion[]
}

/** One value; that of a SecureString is encrypted. */
export interface ParameterVersion {
  version: number
  value: string
  modifiedAt: number
  /** ARN of who put it. */
  modifiedBy: string
  labels?: string[]
  /** Set where a key of KMS was named: `value` is then the envelope's text. */
  kms?: { keyId: string; dataKey: string }
}

/** The code that AWS uses for input that breaks a constraint of its shape. */
export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

/** One page of at most `most` items, as most operations here have it. @throws InvalidNextToken */
export function page<T>(
  items: T[],
  input: { MaxResults?: number; NextToken?: string },
  most: number,
): { items: T[]; NextToken?: string } {
  const size = Number(input.MaxResults ?? most)
  if (!(size >= 1 && size <= most)) throw invalid(`MaxResults '${size}' must be between 1 and ${most}`)
  const from = input.NextToken ? Number(Buffer.from(input.NextToken, 'base64url').toString()) : 0
  if (!Number.isInteger(from) || from < 0)
    throw new AwsError('InvalidNextToken', 'The specified token is not valid.')
  const next = from + size
  return {
    items: items.slice(from, next),
    NextToken: next < items.length ? Buffer.from(String(next)).toString('base64url') : undefined,
  }
}
