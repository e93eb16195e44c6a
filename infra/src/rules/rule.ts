import type { Environment } from '@clarity/environments'
import type { SynthesizedStack } from '../synth.ts'

/** A resource of a template, with what a rule needs in order to name it. */
export interface Resource {
  stack: string
  id: string
  type: string
  // a template is JSON of AWS's shape; each rule looks at the few properties that it names
  properties: Json
  deletionPolicy?: string
  updateReplacePolicy?: string
}

/** JSON as CloudFormation has it: properties may be intrinsic functions. */
export type Json = { [key: string]: JsonValue }
export type JsonValue = string | number | boolean | null | undefined | JsonValue[] | Json

/** The templates of one environment, as rules read them. */
export interface Templates {
  environment: Environment
  stacks: SynthesizedStack[]
  resources: Resource[]
  /** All of one type or of several. */
  of(...types: string[]): Resource[]
}

/** What a rule found wrong. */
export interface Finding {
  rule: string
  /** `<stack>/<logical id>` */
  where: string
  says: string
}

/** One rule of ours: what no pack knows, or what the packs do not demand enough of. */
export interface Rule {
  /** Kebab-case, stable: the mutation test and docs/controls.md name it. */
  name: string
  /** What holds where the rule finds nothing, in one sentence. */
  demands: string
  /** HIPAA Security Rule, 45 CFR; absent where the rule guards availability of a release rather than the data. */
  cites?: string[]
  /** Whether environments on the local cloud, which is plain HTTP on loopback, are spared. */
  notOnLoopback?: boolean
  check(templates: Templates, find: (resource: Resource | string, says: string) => void): void
}

/** Reads templates once for all rules. */
export function templatesOf(environment: Environment, stacks: SynthesizedStack[]): Templates {
  const resources = stacks.flatMap(({ part, template }) =>
    Object.entries((template.Resources ?? {}) as Record<string, Json>).map(([id, resource]) => ({
      stack: part,
      id,
      type: String(resource.Type),
      properties: (resource.Properties ?? {}) as Json,
      deletionPolicy: resource.DeletionPolicy as string | undefined,
      updateReplacePolicy: resource.UpdateReplacePolicy as string | undefined,
    })),
  )
  return {
    environment,
    stacks,
    resources,
    of: (...types) => resources.filter(({ type }) => types.includes(type)),
  }
}

/** Applies rules to the templates of an environment. */
export function applyRules(rules: Rule[], templates: Templates): Finding[] {
  const findings: Finding[] = []
  for (const rule of rules) {
    if (rule.notOnLoopback && templates.environment.endpoint) continue
    rule.check(templates, (resource, says) => {
      const where = typeof resource === 'string' ? resource : `${resource.stack}/${resource.id}`
      findings.push({ rule: rule.name, where, says })
    })
  }
  return findings
}

/** The value below a path of keys; undefined where something on the way is missing. */
export function at(value: JsonValue, ...path: (string | number)[]): JsonValue {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Json)[key]
  }
  return current
}

/** A value as a list: CloudFormation lets a single one stand for itself. */
export function listOf(value: JsonValue): JsonValue[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** The statements of a policy document. */
export function statementsOf(document: JsonValue): Json[] {
  return listOf(at(document, 'Statement')) as Json[]
}
