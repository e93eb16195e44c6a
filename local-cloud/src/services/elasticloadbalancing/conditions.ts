import { BlockList, isIPv6 } from 'node:net'
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { invalid } from './errors.ts'
import { list, text } from './input.ts'
import type { ConditionField, ConditionRecord } from './model.ts'

/** What a rule may ask of a request. */
export interface RequestFacts {
  method: string
  /** Without the query. */
  path: string
  /** Without the question mark. */
  query: string
  /** Lower case, without the port. */
  host: string
  /** By lower-case name. */
  headers: NodeJS.Dict<string | string[]>
  /** Address of the peer. */
  ip: string
}

/** Where each field's values lie in the SDK's shape. */
const CONFIG = {
  'path-pattern': 'PathPatternConfig',
  'host-header': 'HostHeaderConfig',
  'http-header': 'HttpHeaderConfig',
  'http-request-method': 'HttpRequestMethodConfig',
  'query-string': 'QueryStringConfig',
  'source-ip': 'SourceIpConfig',
} as const satisfies Record<ConditionField, keyof RuleCondition>

/** Reads the conditions of a rule. @throws ValidationError naming what is wrong */
export function readConditions(given: RuleCondition[] | undefined): ConditionRecord[] {
  const conditions = list(given)
  if (conditions.length === 0) throw invalid('a rule must have at least one condition')
  return conditions.map(condition => {
    const field = text('Field of a condition', condition.Field) as ConditionField
    if (!(field in CONFIG))
      throw invalid(`Condition field '${field}' must be one of '[${Object.keys(CONFIG).join(', ')}]'`)
    const config = (condition[CONFIG[field]] ?? {}) as { Values?: unknown[]; RegexValues?: string[] }
    const values = list(config.Values ?? (condition.Values as unknown[]))
    const read: ConditionRecord = {
      field,
      values: field === 'query-string' ? [] : values.map(String),
      regexValues: list(config.RegexValues ?? condition.RegexValues),
      header:
        field === 'http-header'
          ? text('HttpHeaderName', condition.HttpHeaderConfig?.HttpHeaderName)
          : undefined,
      pairs: field === 'query-string' ? (values as { Key?: string; Value?: string }[]).map(readPair) : [],
    }
    if (values.length + read.regexValues.length === 0)
      throw invalid(`A condition value must be specified for the field '${field}'`)
    compileCondition(read)
    return read
  })
}

function readPair(pair: { Key?: string; Value?: string }): { key?: string; value: string } {
  return { key: pair.Key || undefined, value: text('Value of a query-string condition', pair.Value) }
}

/** The condition as AWS tells it; the two oldest fields carry their values twice. */
export function describeCondition(condition: ConditionRecord): RuleCondition {
  const { field, values, regexValues, header, pairs } = condition
  const plain = { Values: values, ...(regexValues.length > 0 && { RegexValues: regexValues }) }
  const config =
    field === 'query-string'
      ? { Values: pairs.map(pair => ({ Key: pair.key, Value: pair.value })) }
      : field === 'http-header'
        ? { HttpHeaderName: header, ...plain }
        : plain
  const twice = field === 'path-pattern' || field === 'host-header'
  return { Field: field, ...(twice && plain), [CONFIG[field]]: config }
}

/** A condition as a question to a request. Wildcards: `*` any characters, `?` one. */
export function compileCondition(condition: ConditionRecord): (request: RequestFacts) => boolean {
  const { field, values, pairs } = condition
  if (field === 'http-request-method') return request => values.includes(request.method)
  if (field === 'source-ip') return compileAddresses(values)
  if (field === 'query-string') {
    const wanted = pairs.map(pair => ({ key: pair.key && wildcard(pair.key), value: wildcard(pair.value) }))
    return request =>
      [...new URLSearchParams(request.query)].some(([key, value]) =>
        wanted.some(pair => (!pair.key || pair.key(key)) && pair.value(value)),
      )
  }
  const ignoreCase = field !== 'path-pattern'
  const tests = [
    ...values.map(value => wildcard(value, ignoreCase)),
    ...condition.regexValues.map(value => regex(value, ignoreCase)),
  ]
  const any = (subject: string) => tests.some(test => test(subject))
  if (field === 'path-pattern') return request => any(request.path)
  if (field === 'host-header') return request => any(request.host)
  const name = (condition.header ?? '').toLowerCase()
  return request => list(request.headers[name]).some(any)
}

function wildcard(pattern: string, ignoreCase = true): (subject: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`, ignoreCase ? 'is' : 's')
  return subject => expression.test(subject)
}

function regex(source: string, ignoreCase: boolean): (subject: string) => boolean {
  try {
    const expression = new RegExp(source, ignoreCase ? 'i' : '')
    return subject => expression.test(subject)
  } catch {
    throw invalid(`RegexValues '${source}' is not a regular expression`)
  }
}

function compileAddresses(ranges: string[]): (request: RequestFacts) => boolean {
  const known = new BlockList()
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/')
    try {
      known.addSubnet(address, Number.parseInt(bits, 10), isIPv6(address) ? 'ipv6' : 'ipv4')
    } catch {
      throw invalid(`source-ip value '${range}' must be in CIDR format`)
    }
  }
  return request => known.check(request.ip, isIPv6(request.ip) ? 'ipv6' : 'ipv4')
}
