import { asFunction, isObject } from './model.ts'
import { splitSub } from './sub.ts'

/** One place where a value leans on something outside itself. */
export type Reference =
  | { kind: 'ref'; name: string }
  | { kind: 'attribute'; name: string; attribute: string }
  | { kind: 'condition'; name: string }
  | { kind: 'import'; name: unknown }

/**
 * Every reference in a value, in reading order.
 * @param holds when given, only the branch of `Fn::If` that is taken counts
 */
export function referencesIn(value: unknown, holds?: (condition: string) => boolean): Reference[] {
  const call = asFunction(value)
  if (call) return inFunction(call[0], call[1], holds)
  if (Array.isArray(value)) return value.flatMap(item => referencesIn(item, holds))
  if (isObject(value)) return Object.values(value).flatMap(item => referencesIn(item, holds))
  return []
}

function inFunction(name: string, argument: unknown, holds?: (condition: string) => boolean): Reference[] {
  if (name === 'Ref') return [{ kind: 'ref', name: String(argument) }]
  if (name === 'Condition') return [{ kind: 'condition', name: String(argument) }]
  if (name === 'Fn::GetAtt') {
    const [id, ...rest] = Array.isArray(argument) ? argument : String(argument).split('.')
    return [{ kind: 'attribute', name: String(id), attribute: rest.join('.') }]
  }
  if (name === 'Fn::Sub') {
    const [template, variables] = Array.isArray(argument) ? argument : [argument, {}]
    const own = isObject(variables) ? variables : {}
    const names = splitSub(String(template)).flatMap(part =>
      'name' in part && !(part.name in own) ? [part.name] : [],
    )
    return [...names.map(named), ...referencesIn(own, holds)]
  }
  if (name === 'Fn::ImportValue')
    return [{ kind: 'import', name: argument }, ...referencesIn(argument, holds)]
  if (name === 'Fn::If' && Array.isArray(argument)) {
    const [condition, then, otherwise] = argument
    const branches = holds ? [holds(String(condition)) ? then : otherwise] : [then, otherwise]
    return [{ kind: 'condition', name: String(condition) }, ...referencesIn(branches, holds)]
  }
  return referencesIn(argument, holds)
}

function named(name: string): Reference {
  const dot = name.indexOf('.')
  if (dot < 0) return { kind: 'ref', name }
  return { kind: 'attribute', name: name.slice(0, dot), attribute: name.slice(dot + 1) }
}
