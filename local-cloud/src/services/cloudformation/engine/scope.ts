import { templateError, validationError } from '../errors.ts'
import { evaluateCondition, type Scope } from '../template/intrinsics.ts'
import type { Template } from '../template/model.ts'
import { type ParameterValue, parameterRef } from '../template/parameters.ts'
import { NO_VALUE } from '../template/unknown.ts'

export interface ScopeOptions {
  template: Template
  parameters: ParameterValue[]
  stackId: string
  stackName: string
  notificationArns: string[]
  accountId: string
  region: string
  /** What `Ref` yields for a resource; undefined when it does not exist under the conditions. */
  resource(logicalId: string): unknown
  attribute(logicalId: string, name: string): unknown
  /** The value of an export; undefined when there is none. */
  exported(name: string): string | undefined
  /** Called with the name of every export that is used. */
  imports?(name: string): void
}

/** What the expressions of one stack's template refer to. Conditions are evaluated once, when first asked for. */
export function createScope(options: ScopeOptions): Scope {
  const { template, region } = options
  const pseudo: Record<string, unknown> = {
    'AWS::AccountId': options.accountId,
    'AWS::NotificationARNs': options.notificationArns,
    'AWS::NoValue': NO_VALUE,
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackId': options.stackId,
    'AWS::StackName': options.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  }
  const conditions = new Map<string, boolean | 'open'>()

  function condition(name: string): boolean {
    const known = conditions.get(name)
    if (known === 'open') throw validationError(`Circular dependency between conditions: [${name}]`)
    if (known !== undefined) return known
    if (!(name in template.conditions))
      throw templateError(`unresolved condition dependency ${name} in the template`)
    conditions.set(name, 'open')
    const holds = evaluateCondition(template.conditions[name], scope)
    conditions.set(name, holds)
    return holds
  }

  function ref(name: string): unknown {
    if (name in pseudo) return pseudo[name]
    const definition = template.parameters[name]
    const parameter = options.parameters.find(({ key }) => key === name)
    if (definition && parameter) return parameterRef(definition, parameter)
    const found = options.resource(name)
    if (found === undefined)
      throw validationError(
        `Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`,
      )
    return found
  }

  function importValue(name: unknown): unknown {
    const value = options.exported(String(name))
    if (value === undefined) throw validationError(`No export named ${name} found.`)
    options.imports?.(String(name))
    return value
  }

  const scope: Scope = {
    ref,
    attribute: options.attribute,
    condition,
    mapping: (map, top, second) => {
      const found = template.mappings[map]?.[top]?.[second]
      if (found === undefined) throw templateError(`Unable to get mapping for ${map}::${top}::${second}`)
      return found
    },
    importValue,
    zones: asked => ['a', 'b', 'c'].map(letter => (asked || region) + letter),
  }
  return scope
}
