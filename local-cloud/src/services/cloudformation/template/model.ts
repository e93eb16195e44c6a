/** What a template says, its sections always present and its expressions not yet evaluated. */
export interface Template {
  description?: string
  metadata?: unknown
  parameters: Record<string, ParameterDefinition>
  mappings: Record<string, Record<string, Record<string, unknown>>>
  conditions: Record<string, unknown>
  resources: Record<string, ResourceDefinition>
  outputs: Record<string, OutputDefinition>
}

export interface ParameterDefinition {
  Type: string
  Default?: string | number
  NoEcho?: boolean | string
  Description?: string
  AllowedValues?: (string | number)[]
  AllowedPattern?: string
  ConstraintDescription?: string
  MinLength?: number | string
  MaxLength?: number | string
  MinValue?: number | string
  MaxValue?: number | string
}

/** Whether what happens to the old physical resource is decided by the stack (`Delete`) or not. */
export type Policy = 'Delete' | 'Retain' | 'RetainExceptOnCreate' | 'Snapshot'

export interface ResourceDefinition {
  Type: string
  Properties?: Record<string, unknown>
  Metadata?: unknown
  Condition?: string
  DependsOn?: string | string[]
  DeletionPolicy?: Policy
  UpdateReplacePolicy?: Policy
}

export interface OutputDefinition {
  Value: unknown
  Description?: string
  Condition?: string
  Export?: { Name: unknown }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The name and argument of `{"Fn::X": …}`, `{"Ref": …}` or `{"Condition": …}`; undefined for plain data. */
export function asFunction(value: unknown): [name: string, argument: unknown] | undefined {
  if (!isObject(value)) return undefined
  const [only, ...others] = Object.entries(value)
  if (!only || others.length > 0) return undefined
  const [name, argument] = only
  if (name.startsWith('Fn::') || name === 'Ref') return [name, argument]
  return name === 'Condition' && typeof argument === 'string' ? [name, argument] : undefined
}
