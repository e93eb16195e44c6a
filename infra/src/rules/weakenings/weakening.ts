import type { Json } from '../rule.ts'

/** One deliberate weakening of production, and the rule that must see it. */
export interface Weakening {
  /** What somebody might do. */
  does: string
  rule: string
  /** `<stack>/<start of the logical id>` of the resource that it changes. */
  where: string
  /** Changes the resource, or returns false to take it away. */
  change(resource: Json, properties: Json): false | undefined
}

/** Sets what a path of keys leads to; `undefined` takes it away. */
export const set =
  (path: string, value: Json[string]): Weakening['change'] =>
  (_, properties) => {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    let holder = properties
    for (const key of keys) holder = holder[key] as Json
    if (!(last in holder)) throw new Error(`there is no ${path} to weaken`)
    if (value === undefined) delete holder[last]
    else holder[last] = value
    return undefined
  }
/** Takes the resource away. */
export const remove: Weakening['change'] = () => false
/** Changes the n-th statement of a policy. */
export const statement =
  (index: number, changed: Json): Weakening['change'] =>
  (_, properties) => {
    const policy = (properties.PolicyDocument ?? properties.AssumeRolePolicyDocument) as Json
    Object.assign((policy.Statement as Json[])[index] as Json, changed)
    return undefined
  }
/** Replaces text in the properties, as JSON. */
export const replaceText =
  (from: string, to: string): Weakening['change'] =>
  (resource, properties) => {
    const text = JSON.stringify(properties)
    if (!text.includes(from)) throw new Error(`there is no ${from} to weaken`)
    resource.Properties = JSON.parse(text.replaceAll(from, to)) as Json
    return undefined
  }
