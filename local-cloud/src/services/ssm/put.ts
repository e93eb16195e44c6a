import type { PutParameterRequest } from '@aws-sdk/client-ssm'
import { AwsError } from '../../core/aws-error.ts'
import { invalid } from './model.ts'

/** AWS's limits (Systems Manager quotas). */
const MAX_BYTES = { Standard: 4096, Advanced: 8192 }
const MAX_LEVELS = 15

/** Checks what can be said of a new value without knowing the old one. @throws ValidationException and its kin */
export function checkPut(input: PutParameterRequest, pattern: string | undefined): void {
  const { Name: name = '', Value: value = '', Type } = input
  if (!/^\/?[\w.-]+(\/[\w.-]+)*$/.test(name) || name.length > 1011)
    throw invalid(
      `Parameter name '${name}' must be letters, digits and .-_ in levels that are separated by '/'`,
    )
  if (/^\/(aws|ssm)/i.test(name) && name.indexOf('/', 1) > 0)
    throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`)
  if (/^\/?(aws|ssm)/i.test(name))
    throw invalid(`Parameter name '${name}' can't be prefixed with "aws" or "ssm"`)
  if (name.split('/').filter(Boolean).length > MAX_LEVELS)
    throw new AwsError(
      'HierarchyLevelLimitExceededException',
      `A hierarchy can have a maximum of ${MAX_LEVELS} levels.`,
    )
  if (Type !== undefined && !['String', 'StringList', 'SecureString'].includes(Type))
    throw new AwsError('UnsupportedParameterType', `The parameter type '${Type}' is not supported.`)
  const most =
    input.Tier === 'Advanced' || input.Tier === 'Intelligent-Tiering'
      ? MAX_BYTES.Advanced
      : MAX_BYTES.Standard
  if (value === '') throw invalid('Parameter value must not be empty')
  if (Buffer.byteLength(value) > most)
    throw invalid(
      `${input.Tier ?? 'Standard'} tier parameters support a maximum parameter value of ${most} characters.`,
    )
  if (input.Policies && input.Policies !== '[]')
    throw new AwsError('NotImplemented', 'the local cloud does not implement parameter policies', 501)
  if (pattern !== undefined && !compile(pattern).test(value))
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
    )
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`)
  } catch {
    throw new AwsError(
      'InvalidAllowedPatternException',
      `The pattern '${pattern}' is not a regular expression.`,
    )
  }
}
