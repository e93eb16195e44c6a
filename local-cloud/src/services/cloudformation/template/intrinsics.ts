import { templateError } from '../errors.ts'
import { subnets } from './cidr.ts'
import { asFunction, isObject } from './model.ts'
import { splitSub } from './sub.ts'
import { causesIn, NO_VALUE, Unknown } from './unknown.ts'

/** What expressions may refer to while they are evaluated. Every method throws for a name that it does not know. */
export interface Scope {
  /** The value of a parameter, pseudo parameter or resource. */
  ref(name: string): unknown
  attribute(logicalId: string, name: string): unknown
  condition(name: string): boolean
  mapping(map: string, top: string, second: string): unknown
  importValue(exportName: string): unknown
  zones(region: string): string[]
}

/**
 * Evaluates the intrinsic functions in a value. Members that become `AWS::NoValue` disappear; what rests on an
 * `Unknown` is itself an `Unknown`. Dynamic references (`{{resolve:…}}`) stay as they are.
 * @throws AwsError `ValidationError` for an unknown function, name or argument
 */
export function evaluate(value: unknown, scope: Scope): unknown {
  const call = asFunction(value)
  if (call && call[0] !== 'Condition') return apply(call[0], call[1], scope)
  if (Array.isArray(value)) return value.map(item => evaluate(item, scope)).filter(item => item !== NO_VALUE)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, evaluate(member, scope)] as const)
      .filter(([, member]) => member !== NO_VALUE),
  )
}

/** Evaluates a condition: `Fn::And`, `Fn::Or`, `Fn::Not`, `Fn::Equals` or `{"Condition": name}`. */
export function evaluateCondition(expression: unknown, scope: Scope): boolean {
  const [name, argument] = asFunction(expression) ?? ['', undefined]
  const parts = Array.isArray(argument) ? argument : []
  const each = () => parts.map(part => evaluateCondition(part, scope))
  if (name === 'Condition') return scope.condition(String(argument))
  if (name === 'Fn::And') return each().every(Boolean)
  if (name === 'Fn::Or') return each().some(Boolean)
  if (name === 'Fn::Not' && parts.length === 1) return !each()[0]
  if (name === 'Fn::Equals' && parts.length === 2) {
    const [left, right] = parts.map(part => evaluate(part, scope))
    return JSON.stringify(plain(left)) === JSON.stringify(plain(right))
  }
  throw templateError(
    `every Conditions member must be a condition function, got ${JSON.stringify(expression)}`,
  )
}

function apply(name: string, argument: unknown, scope: Scope): unknown {
  if (name === 'Fn::If') {
    const [condition, then, otherwise] = list(name, argument, 3)
    return evaluate(scope.condition(String(condition)) ? then : otherwise, scope)
  }
  if (name === 'Ref') return scope.ref(String(argument))
  if (name === 'Fn::GetAtt') return getAttribute(argument, scope)
  if (name === 'Fn::Sub') return substitute(argument, scope)
  const run = FUNCTIONS[name]
  if (!run) throw templateError(`unresolved or unsupported function ${name}`)
  const evaluated = evaluate(argument, scope)
  const causes = causesIn(evaluated)
  return causes.length > 0 ? new Unknown(causes) : run(evaluated, scope)
}

const FUNCTIONS: Record<string, (argument: unknown, scope: Scope) => unknown> = {
  'Fn::Join': argument => {
    const [separator, items] = list('Fn::Join', argument, 2)
    return list('Fn::Join', items)
      .map(item => text('Fn::Join', item))
      .join(String(separator))
  },
  'Fn::Select': argument => {
    const [index, items] = list('Fn::Select', argument, 2)
    const found = list('Fn::Select', items)[Number(index)]
    if (found === undefined)
      throw templateError(`Fn::Select cannot select nonexistent value at index ${index}`)
    return found
  },
  'Fn::Split': argument => {
    const [separator, whole] = list('Fn::Split', argument, 2)
    return text('Fn::Split', whole).split(String(separator))
  },
  'Fn::Base64': argument => Buffer.from(text('Fn::Base64', argument)).toString('base64'),
  'Fn::Cidr': argument => {
    const [block, count, bits] = Array.isArray(argument) ? argument : []
    return subnets(String(block), Number(count), bits === undefined ? undefined : Number(bits))
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, top, second] = list('Fn::FindInMap', argument, 3)
    return scope.mapping(String(map), String(top), String(second))
  },
  'Fn::GetAZs': (argument, scope) => scope.zones(String(argument)),
  'Fn::ImportValue': (argument, scope) => scope.importValue(text('Fn::ImportValue', argument)),
}

function getAttribute(argument: unknown, scope: Scope): unknown {
  const [id, ...rest] = Array.isArray(argument) ? argument : String(argument).split('.')
  const name = evaluate(rest.length === 1 ? rest[0] : rest.join('.'), scope)
  return scope.attribute(String(id), String(name))
}

function substitute(argument: unknown, scope: Scope): unknown {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}]
  if (typeof template !== 'string' || !isObject(variables ?? {}))
    throw templateError('One or more Fn::Sub intrinsic functions do not specify expected arguments')
  const values = splitSub(template).map(part => {
    if ('text' in part) return part.text
    if (isObject(variables) && part.name in variables) return evaluate(variables[part.name], scope)
    const dot = part.name.indexOf('.')
    return dot < 0 ? scope.ref(part.name) : scope.attribute(part.name.slice(0, dot), part.name.slice(dot + 1))
  })
  const causes = causesIn(values)
  return causes.length > 0 ? new Unknown(causes) : values.map(value => text('Fn::Sub', value)).join('')
}

function list(name: string, value: unknown, length?: number): unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length))
    throw templateError(
      `every ${name} object requires ${length ?? 'a list of'} parameters, got ${JSON.stringify(value)}`,
    )
  return value
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  throw templateError(`every value of ${name} must be a string, got ${JSON.stringify(value)}`)
}

function plain(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
}
