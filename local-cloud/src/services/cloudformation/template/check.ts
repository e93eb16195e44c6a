import { formatError, templateError } from '../errors.ts'
import { dependencyGraph } from './graph.ts'
import type { Template } from './model.ts'
import { type Reference, referencesIn } from './references.ts'

/** What every template may refer to without declaring it. */
export const PSEUDO_PARAMETERS: ReadonlySet<string> = new Set([
  'AWS::AccountId',
  'AWS::NotificationARNs',
  'AWS::NoValue',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
])

/**
 * Checks what can be known without values: resource types, names referred to, cycles.
 * @param knows whether a resource type exists here
 * @throws AwsError `ValidationError` naming what is wrong and where
 */
export function checkTemplate(template: Template, knows: (type: string) => boolean): void {
  const strangers = Object.entries(template.resources).filter(([, resource]) => !knows(resource.Type))
  if (strangers.length > 0) {
    const types = [...new Set(strangers.map(([, resource]) => resource.Type))]
    const where = strangers.map(([id, resource]) => `${id} is ${resource.Type}`).join(', ')
    throw formatError(
      `Unrecognized resource types: [${types.join(', ')}] (${where}): the local cloud does not have it`,
    )
  }
  checkNames(
    template,
    'Resources',
    Object.values(template.resources).flatMap(r => referencesIn(r.Properties)),
  )
  checkNames(template, 'Outputs', referencesIn(template.outputs))
  checkNames(template, 'Conditions', referencesIn(template.conditions))
  const own = template.resources
  const dangling = Object.values(own).flatMap(r => [r.DependsOn ?? []].flat().filter(id => !(id in own)))
  if (dangling.length > 0) throw unresolved(dangling, 'Resources')
  const conditional = [...Object.values(own), ...Object.values(template.outputs)]
  for (const { Condition } of conditional)
    if (Condition && !(Condition in template.conditions)) throw unknownCondition(Condition)
  if (Object.keys(template.conditions).length === 0) dependencyGraph(template, () => true)
}

function checkNames(template: Template, section: string, references: Reference[]): void {
  const missing = references.flatMap(reference => {
    if (reference.kind !== 'ref') return []
    const { name } = reference
    const declared =
      PSEUDO_PARAMETERS.has(name) ||
      name in template.parameters ||
      (section !== 'Conditions' && name in template.resources)
    return declared ? [] : [name]
  })
  if (missing.length > 0) throw unresolved(missing, section)
  for (const reference of references) {
    if (reference.kind === 'condition' && !(reference.name in template.conditions))
      throw unknownCondition(reference.name)
    if (reference.kind === 'attribute' && !(reference.name in template.resources))
      throw templateError(`instance of Fn::GetAtt references undefined resource ${reference.name}`)
  }
}

function unresolved(names: string[], section: string) {
  const list = [...new Set(names)].join(', ')
  return formatError(`Unresolved resource dependencies [${list}] in the ${section} block of the template`)
}

function unknownCondition(name: string) {
  return templateError(`unresolved condition dependency ${name} in the template`)
}
