import { validationError } from '../errors.ts'
import { isObject } from './model.ts'

/** Where dynamic references are read from. */
export interface DynamicSources {
  /** The value of an SSM parameter, of a version when given. */
  parameter(name: string, secure: boolean): Promise<string>
  /** The text of a secret. */
  secret(id: string, stage?: string, version?: string): Promise<string>
}

const REFERENCE = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}/g

/** Replaces every `{{resolve:…}}` in a value by what it names. Done right before a resource is made: never stored. */
export async function resolveDynamic(value: unknown, sources: DynamicSources): Promise<unknown> {
  if (typeof value === 'string') return inText(value, sources)
  if (Array.isArray(value)) return Promise.all(value.map(item => resolveDynamic(item, sources)))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(
    async ([name, member]) => [name, await resolveDynamic(member, sources)] as const,
  )
  return Object.fromEntries(await Promise.all(members))
}

async function inText(text: string, sources: DynamicSources): Promise<string> {
  let result = ''
  let last = 0
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, service = '', rest = ''] = match
    result += text.slice(last, match.index)
    result +=
      service === 'secretsmanager'
        ? await secret(rest, sources)
        : await sources.parameter(rest, service === 'ssm-secure')
    last = match.index + whole.length
  }
  return result + text.slice(last)
}

/** `id:SecretString:json-key:stage:version`, where `id` may be an ARN and everything after it may be absent. */
async function secret(reference: string, sources: DynamicSources): Promise<string> {
  const at = reference.indexOf(':SecretString')
  const id = at < 0 ? reference : reference.slice(0, at)
  const [, , key, stage, version] = at < 0 ? [] : reference.slice(at).split(':')
  const whole = await sources.secret(id, stage || undefined, version || undefined)
  if (!key) return whole
  const refusal = validationError(`Could not find a value associated with JSONKey in SecretString of ${id}`)
  let document: unknown
  try {
    document = JSON.parse(whole)
  } catch {
    throw refusal
  }
  if (!isObject(document) || document[key] === undefined) throw refusal
  return String(document[key])
}
