import { validationError } from '../errors.ts'
import type { ParameterDefinition } from './model.ts'

/** A parameter's value as a stack keeps it. */
export interface ParameterValue {
  key: string
  /** As given: for the SSM types the name of the SSM parameter. */
  value: string
  /** For the SSM types, what the SSM parameter held when the template was submitted. */
  resolved?: string
}

export interface GivenParameter {
  ParameterKey?: string
  ParameterValue?: string
  UsePreviousValue?: boolean | string
}

const SSM_TYPE = /^AWS::SSM::Parameter::Value<(.+)>$/
const PLAIN_TYPE =
  /^(String|Number|CommaDelimitedList|List<Number>|List<String>|AWS::SSM::Parameter::Name|(List<)?AWS::(EC2|Route53)::[\w:]+>?)$/

/**
 * Gives every declared parameter its value, from the request, the stack as it is, or the default.
 * @param lookup reads an SSM parameter; undefined when there is none of that name
 * @throws AwsError `ValidationError` naming the parameter that has no value, a wrong one, or is not declared
 */
export async function resolveParameters(
  definitions: Record<string, ParameterDefinition>,
  given: GivenParameter[],
  previous: ParameterValue[],
  lookup: (name: string) => Promise<string | undefined>,
): Promise<ParameterValue[]> {
  const undeclared = given.filter(({ ParameterKey = '' }) => !(ParameterKey in definitions))
  if (undeclared.length > 0)
    throw validationError(
      `Parameters: [${undeclared.map(p => p.ParameterKey).join(', ')}] do not exist in the template`,
    )
  const values = Object.entries(definitions).map(([key, definition]) => {
    const own = given.find(parameter => parameter.ParameterKey === key)
    const keep = own && String(own.UsePreviousValue ?? false) === 'true'
    const value = keep
      ? previous.find(old => old.key === key)?.value
      : (own?.ParameterValue ?? definition.Default)
    return { key, definition, value: value === undefined ? undefined : String(value) }
  })
  const missing = values.filter(({ value }) => value === undefined).map(({ key }) => key)
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(', ')}] must have values`)
  return Promise.all(
    values.map(async ({ key, definition, value = '' }) => {
      if (!SSM_TYPE.test(definition.Type) && !PLAIN_TYPE.test(definition.Type))
        throw validationError(`Template format error: Unrecognized parameter type: ${definition.Type}`)
      checkConstraints(key, definition, value)
      if (!SSM_TYPE.test(definition.Type)) return { key, value }
      const resolved = await lookup(value)
      if (resolved === undefined)
        throw validationError(`Unable to fetch parameters [${value}] from parameter store for this account.`)
      return { key, value, resolved }
    }),
  )
}

/** What `Ref` yields: a list for the list types, otherwise a string. */
export function parameterRef(definition: ParameterDefinition, parameter: ParameterValue): string | string[] {
  const type = SSM_TYPE.exec(definition.Type)?.[1] ?? definition.Type
  const value = parameter.resolved ?? parameter.value
  if (type === 'CommaDelimitedList' || type.startsWith('List<'))
    return value.split(',').map(item => item.trim())
  return value
}

/** Whether a parameter's value is shown as asterisks. */
export function isSecret(definition: ParameterDefinition | undefined): boolean {
  return String(definition?.NoEcho ?? false) === 'true'
}

function checkConstraints(key: string, definition: ParameterDefinition, value: string): void {
  const refuse = (why: string) => {
    const told = definition.ConstraintDescription
    return validationError(`Parameter '${key}' ${told ? `failed to satisfy constraint: ${told}` : why}`)
  }
  const { AllowedValues, AllowedPattern, MinLength, MaxLength, MinValue, MaxValue, Type } = definition
  if (AllowedValues && !AllowedValues.map(String).includes(value))
    throw refuse(`must be one of AllowedValues [${AllowedValues.join(', ')}]`)
  if (AllowedPattern && !new RegExp(`^(?:${AllowedPattern})$`).test(value))
    throw refuse(`must match pattern ${AllowedPattern}`)
  if (MinLength !== undefined && value.length < Number(MinLength))
    throw refuse(`must contain at least ${MinLength} characters`)
  if (MaxLength !== undefined && value.length > Number(MaxLength))
    throw refuse(`must contain at most ${MaxLength} characters`)
  if (Type !== 'Number') return
  if (value.trim() === '' || Number.isNaN(Number(value))) throw refuse('must be a number')
  if (MinValue !== undefined && Number(value) < Number(MinValue))
    throw refuse(`must be a number not less than ${MinValue}`)
  if (MaxValue !== undefined && Number(value) > Number(MaxValue))
    throw refuse(`must be a number not greater than ${MaxValue}`)
}
