import { AwsError } from '../../core/aws-error.ts'

/** A request as the ec2 protocol or another service of this process brings it. */
export type Input = Record<string, unknown>

export interface Tag {
  key: string
  value: string
}

/**
 * A list that the SDKs call by a plural (`VpcIds`) and the wire by a singular (`VpcId.1`); empty when absent.
 */
export function many<T = string>(input: Input, plural: string, singular: string): T[] {
  const value = input[plural] ?? input[singular] ?? []
  return (Array.isArray(value) ? value : value === '' ? [] : [value]) as T[]
}

/** A string that must be there. @throws AwsError `MissingParameter` */
export function required(input: Input, name: string): string {
  const value = input[name]
  if (typeof value === 'string' && value !== '') return value
  throw new AwsError('MissingParameter', `The request must contain the parameter ${name}`)
}

export function optional(input: Input, name: string): string | undefined {
  return input[name] === undefined ? undefined : String(input[name])
}

export function truth(value: unknown): boolean {
  return String(value ?? false) === 'true'
}

/** `{Value: true}` or `true`, as the attribute operations take it; undefined when absent. */
export function attributeValue(input: Input, name: string): boolean | undefined {
  const value = input[name]
  if (value === undefined) return undefined
  return truth(typeof value === 'object' && value !== null ? (value as { Value?: unknown }).Value : value)
}

/** The tags that a creating request gives to what it creates. */
export function tagsOf(input: Input): Tag[] {
  const specifications = many<Input>(input, 'TagSpecifications', 'TagSpecification')
  return specifications.flatMap(specification => tagList(many<Input>(specification, 'Tags', 'Tag')))
}

export function tagList(tags: Input[]): Tag[] {
  return tags.map(tag => ({ key: String(tag.Key ?? ''), value: String(tag.Value ?? '') }))
}

/** The filters of a describing request. */
export function filtersOf(input: Input): { name: string; values: string[] }[] {
  return many<Input>(input, 'Filters', 'Filter').map(filter => ({
    name: String(filter.Name),
    values: many<string>(filter, 'Values', 'Value').map(String),
  }))
}
