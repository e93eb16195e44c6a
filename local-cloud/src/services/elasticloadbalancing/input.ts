import { invalid } from './errors.ts'

/**
 * Readers of input that is typed as the SDK's: over the wire every scalar is a string and an empty list is
 * an empty string or absent; from inside the cloud they are native values. Both are accepted everywhere.
 */
export function list<T>(value: T[] | T | '' | undefined | null): T[] {
  if (value === undefined || value === null || value === '') return []
  return Array.isArray(value) ? value : [value as T]
}

/** A whole number within AWS's limits. @throws ValidationError naming the member */
export function integer(
  name: string,
  value: number | string | undefined,
  limits: { least: number; most: number; usual?: number },
): number {
  const given = value === undefined || value === '' ? limits.usual : Number(value)
  if (given === undefined) throw invalid(`${name} must be specified`)
  if (!Number.isInteger(given) || given < limits.least || given > limits.most)
    throw invalid(`${name} '${value}' must be between ${limits.least} and ${limits.most}`)
  return given
}

/** A boolean; undefined stays undefined. */
export function flag(value: boolean | string | undefined): boolean | undefined {
  return value === undefined || value === '' ? undefined : String(value) === 'true'
}

/** A string that must be there. @throws ValidationError naming the member */
export function text(name: string, value: string | undefined): string {
  if (!value) throw invalid(`${name} must be specified`)
  return value
}

/** One of AWS's words. @throws ValidationError naming the member and the choices */
export function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
  usual: T,
): T {
  const given = (value || usual) as T
  if (!choices.includes(given)) throw invalid(`${name} '${value}' must be one of ${choices.join(', ')}`)
  return given
}

/** What is asked for by ARN and by name; all where nothing is. @throws what `missing` makes of what is not there */
export function select<T extends { arn: string; name: string }>(
  all: T[],
  input: { arns: string[]; names: string[] },
  missing: (arnOrName: string) => Error,
): T[] {
  const { arns, names } = input
  const absent =
    arns.find(arn => !all.some(one => one.arn === arn)) ??
    names.find(name => !all.some(one => one.name === name))
  if (absent) throw missing(absent)
  if (arns.length + names.length === 0) return all
  return all.filter(one => arns.includes(one.arn) || names.includes(one.name))
}

/** One page of a description and the marker of the next. AWS's largest page is 400. */
export function page<T>(
  items: T[],
  input: { Marker?: string; PageSize?: number },
): { items: T[]; NextMarker?: string } {
  const size = integer('PageSize', input.PageSize, { least: 1, most: 400, usual: 400 })
  const from = input.Marker ? Number(Buffer.from(input.Marker, 'base64url').toString()) : 0
  if (!Number.isInteger(from) || from < 0) throw invalid(`Marker '${input.Marker}' is not one of ours`)
  const next = from + size
  return {
    items: items.slice(from, next),
    NextMarker: next < items.length ? Buffer.from(String(next)).toString('base64url') : undefined,
  }
}
