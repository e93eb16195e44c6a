import type { ParameterStringFilter, ParametersFilter } from '@aws-sdk/client-ssm'
import { AwsError } from '../../core/aws-error.ts'
import type { ParameterRecord } from './model.ts'

/** Whether a parameter passes all filters. @throws InvalidFilterKey, InvalidFilterOption */
export function passes(parameter: ParameterRecord, filters: ParameterStringFilter[] | undefined): boolean {
  return (filters ?? []).every(filter => passesOne(parameter, filter))
}

/** The older form, in which every filter means "begins with". */
export function modernise(filters: ParametersFilter[] | undefined): ParameterStringFilter[] {
  return (filters ?? []).map(({ Key, Values }) => ({
    Key,
    Values,
    Option: Key === 'Name' ? 'BeginsWith' : 'Equals',
  }))
}

function passesOne(
  parameter: ParameterRecord,
  { Key = '', Option, Values = [] }: ParameterStringFilter,
): boolean {
  if (Key === 'Path') {
    const recursive = Option === 'Recursive'
    if (!recursive && Option !== undefined && Option !== 'OneLevel') throw badOption(Key, Option)
    return Values.some(path => isBelow(parameter.name, path, recursive))
  }
  const text = Key.startsWith('tag:') ? parameter.tags[Key.slice(4)] : FIELDS[Key]?.(parameter)
  if (!Key.startsWith('tag:') && !(Key in FIELDS))
    throw new AwsError('InvalidFilterKey', `The filter key '${Key}' is not valid.`)
  if (text === undefined) return false
  if (Values.length === 0) return true
  if (Option === 'BeginsWith') return Values.some(value => text.startsWith(value))
  if (Option === 'Contains' && Key === 'Name') return Values.some(value => text.includes(value))
  if (Option !== undefined && Option !== 'Equals') throw badOption(Key, Option)
  return Values.includes(text)
}

const FIELDS: Record<string, (parameter: ParameterRecord) => string | undefined> = {
  Name: parameter => parameter.name,
  Type: parameter => parameter.type,
  KeyId: parameter => parameter.keyId,
  Tier: parameter => parameter.tier,
  DataType: parameter => parameter.dataType,
}

/** Whether a name lies under a path, directly or at any depth. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`
  const full = name.startsWith('/') ? name : `/${name}`
  return full.startsWith(prefix) && (recursive || !full.slice(prefix.length).includes('/'))
}

function badOption(key: string, option: string): AwsError {
  return new AwsError('InvalidFilterOption', `The filter option '${option}' is not valid for '${key}'.`)
}
