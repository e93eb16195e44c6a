import { formatError, validationError } from '../errors.ts'
import { isObject, type Policy, type ResourceDefinition, type Template } from './model.ts'
import { parseYaml } from './yaml.ts'

/** Largest template sent inline, in bytes (AWS CloudFormation quotas). */
export const MAX_TEMPLATE_BODY = 51_200
/** Largest template in S3, in bytes (the same page). */
export const MAX_TEMPLATE = 1_048_576

const SECTIONS = new Set([
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Resources',
  'Outputs',
])
const RESOURCE_ATTRIBUTES = new Set([
  'Type',
  'Properties',
  'Metadata',
  'Condition',
  'DependsOn',
  'DeletionPolicy',
  'UpdateReplacePolicy',
])
/** What AWS has and the local cloud does not: refused by name instead of ignored. */
const NOT_HERE: Record<string, string> = {
  Transform: 'transforms and macros',
  Rules: 'rules',
  Hooks: 'hooks',
  CreationPolicy: 'creation policies',
  UpdatePolicy: 'update policies',
}
const POLICIES = new Set<Policy>(['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot'])

/**
 * Reads a template in JSON or YAML.
 * @throws AwsError `ValidationError` naming the section, resource or attribute that is wrong
 */
export function parseTemplate(body: string): Template {
  const document = /^\s*\{/.test(body) ? parseJson(body) : parseYaml(body)
  if (!isObject(document)) throw formatError('unsupported structure.')
  for (const name of Object.keys(document))
    refuseUnknown(name, SECTIONS, 'Invalid template property or properties')
  const resources = section(document, 'Resources') as Record<string, ResourceDefinition>
  if (Object.keys(resources).length === 0) throw formatError('At least one Resources member must be defined.')
  for (const [id, resource] of Object.entries(resources)) checkResource(id, resource)
  const outputs = section(document, 'Outputs') as Template['outputs']
  for (const [name, output] of Object.entries(outputs))
    if (!isObject(output) || !('Value' in output))
      throw formatError(`Output ${name} must have a Value attribute`)
  return {
    description: document.Description as string | undefined,
    metadata: document.Metadata,
    parameters: section(document, 'Parameters') as Template['parameters'],
    mappings: section(document, 'Mappings') as Template['mappings'],
    conditions: section(document, 'Conditions'),
    resources,
    outputs,
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw formatError(`JSON not well-formed. (${(cause as Error).message})`)
  }
}

function section(document: Record<string, unknown>, name: string): Record<string, unknown> {
  const found = document[name] ?? {}
  if (!isObject(found)) throw formatError(`${name} must be an object`)
  for (const [key, member] of Object.entries(found)) {
    if (!/^[A-Za-z0-9]+$/.test(key) && name !== 'Metadata' && name !== 'Mappings')
      throw formatError(`${name} name '${key}' is non alphanumeric.`)
    if (member === null) throw formatError(`[/${name}/${key}] 'null' values are not allowed in templates`)
  }
  return found
}

function checkResource(id: string, resource: ResourceDefinition): void {
  if (!isObject(resource)) throw formatError(`[/Resources/${id}] resource definition is malformed`)
  for (const name of Object.keys(resource))
    refuseUnknown(name, RESOURCE_ATTRIBUTES, `Invalid template resource property of '${id}'`)
  if (typeof resource.Type !== 'string' || resource.Type === '')
    throw formatError(`[/Resources/${id}] Every Resources object must contain a Type member.`)
  if (resource.Properties !== undefined && !isObject(resource.Properties))
    throw formatError(`[/Resources/${id}/Properties] must be an object`)
  for (const name of ['DeletionPolicy', 'UpdateReplacePolicy'] as const) {
    const policy = resource[name]
    if (policy === undefined) continue
    if (!POLICIES.has(policy)) throw formatError(`Unrecognized ${name} ${policy} for resource ${id}`)
    if (policy === 'Snapshot')
      throw formatError(`${name} Snapshot is not supported by resource ${id} of type ${resource.Type}`)
  }
}

function refuseUnknown(name: string, known: ReadonlySet<string>, complaint: string): void {
  if (known.has(name)) return
  const absent = NOT_HERE[name]
  if (absent) throw formatError(`${name}: the local cloud does not implement ${absent}`)
  throw validationError(`${complaint} [${name}]`)
}
