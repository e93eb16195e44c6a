import { BlockList, isIPv6 } from 'node:net'
import { matches } from './evaluate.ts'

type Context = Record<string, string | string[]>
type Test = (given: string, wanted: string) => boolean

/** The condition operators that are known, by name without `IfExists` and set prefixes (IAM user guide). */
const TESTS: Record<string, Test> = {
  StringEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  StringLike: (given, wanted) => matches(wanted, given),
  ArnEquals: (given, wanted) => matches(wanted, given),
  ArnLike: (given, wanted) => matches(wanted, given),
  Bool: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: (given, wanted) => Number(given) === Number(wanted),
  NumericLessThan: (given, wanted) => Number(given) < Number(wanted),
  NumericLessThanEquals: (given, wanted) => Number(given) <= Number(wanted),
  NumericGreaterThan: (given, wanted) => Number(given) > Number(wanted),
  NumericGreaterThanEquals: (given, wanted) => Number(given) >= Number(wanted),
  DateEquals: (given, wanted) => moment(given) === moment(wanted),
  DateLessThan: (given, wanted) => moment(given) < moment(wanted),
  DateLessThanEquals: (given, wanted) => moment(given) <= moment(wanted),
  DateGreaterThan: (given, wanted) => moment(given) > moment(wanted),
  DateGreaterThanEquals: (given, wanted) => moment(given) >= moment(wanted),
  IpAddress: inBlock,
}
/** Operators that hold when none of their values does. */
const NEGATED: Record<string, string> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
}

/** Whether all conditions of a statement hold; `unknown` when one has an operator that is not known here. */
export function conditionsHold(
  conditions: Record<string, Record<string, unknown>>,
  context: Context,
): boolean | 'unknown' {
  const results = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => holds(operator, key, [wanted].flat().map(String), context)),
  )
  if (results.includes(false)) return false
  return results.includes('unknown') ? 'unknown' : true
}

function holds(operator: string, key: string, wanted: string[], context: Context): boolean | 'unknown' {
  const known = Object.keys(context).find(name => name.toLowerCase() === key.toLowerCase())
  const given = known === undefined ? undefined : [context[known] as string | string[]].flat()
  const [, set, base = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  if (base === 'Null') return (given === undefined) === (wanted[0]?.toLowerCase() === 'true')
  const positive = TESTS[NEGATED[base] ?? base]
  if (!positive) return 'unknown'
  const negated = base in NEGATED
  if (given === undefined) return ifExists !== undefined || negated || set === 'ForAllValues'
  const test = (value: string) => wanted.some(one => positive(value, one)) !== negated
  return set === 'ForAllValues' || (negated && !set) ? given.every(test) : given.some(test)
}

function moment(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
}

/** Whether an address lies in a block such as `10.0.0.0/8`; what is no address lies in none. */
function inBlock(address: string, block: string): boolean {
  const [net = '', bits] = block.split('/')
  const family = isIPv6(net) ? 'ipv6' : 'ipv4'
  try {
    const list = new BlockList()
    if (bits === undefined) list.addAddress(net, family)
    else list.addSubnet(net, Number(bits), family)
    return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  } catch {
    return false
  }
}
