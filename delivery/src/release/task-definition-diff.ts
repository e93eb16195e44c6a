import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from '@aws-sdk/client-ecs'
import { RELEASE_VARIABLE } from './task-definitions.ts'

/** One setting that differs; absent before: new, absent after: gone. */
export interface Difference {
  /** `containers.api.environment.LOG_LEVEL`, `cpu`. */
  setting: string
  before?: string
  after?: string
}

/** What ECS adds to what was registered. */
const ADDED = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'tags',
])

/** Members that differ in every release and are told elsewhere. */
const TOLD_ELSEWHERE = new Set(['image'])

/** By what the members of a list are told apart. */
const KEYS: Record<string, string> = {
  containerDefinitions: 'name',
  environment: 'name',
  secrets: 'name',
  volumes: 'name',
  portMappings: 'containerPort',
  mountPoints: 'containerPath',
}

/** Names of variables whose values are not shown, should one ever be put into a plain variable. */
const SECRET_NAME = /KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL/i
const NOT_SHOWN = '(not shown)'

/**
 * The settings in which a task definition differs from the one that serves, the image and the release's name aside.
 * @param current absent when none serves: everything is new, and nothing is listed
 */
export function diffTaskDefinitions(
  current: TaskDefinition | undefined,
  next: RegisterTaskDefinitionCommandInput,
): Difference[] {
  if (!current) return []
  const before = settingsOf(current)
  const after = settingsOf(next)
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter(setting => before.get(setting) !== after.get(setting))
    .sort()
    .map(setting => ({
      setting,
      before: shown(setting, before.get(setting)),
      after: shown(setting, after.get(setting)),
    }))
}

/** `+`, `-` or `~`, the setting and its values, on one line. */
export function differenceWords({ setting, before, after }: Difference): string {
  if (before === undefined) return `+ ${setting} ${after}`
  if (after === undefined) return `- ${setting} ${before}`
  return `~ ${setting} ${before} → ${after}`
}

/** Every setting by its path. What is empty or ECS's default counts as absent. */
function settingsOf(definition: TaskDefinition | RegisterTaskDefinitionCommandInput): Map<string, string> {
  const settings = new Map<string, string>()
  const plain = JSON.parse(JSON.stringify(definition)) as Record<string, unknown>
  for (const [name, value] of Object.entries(plain)) if (!ADDED.has(name)) walk(value, name, settings)
  return settings
}

function walk(value: unknown, path: string, settings: Map<string, string>): void {
  const name = path.split('.').pop() ?? path
  if (Array.isArray(value)) {
    walkList(value, path, name, settings)
    return
  }
  if (typeof value !== 'object' || value === null) {
    if (!isDefault(name, value))
      settings.set(path.replace('containerDefinitions', 'containers'), String(value))
    return
  }
  const members = Object.entries(value as Record<string, unknown>)
  for (const [member, inner] of members)
    if (!TOLD_ELSEWHERE.has(member) && !isRepeated(value as Record<string, unknown>, member))
      walk(inner, `${path}.${member}`, settings)
}

function walkList(list: unknown[], path: string, name: string, settings: Map<string, string>): void {
  const key = KEYS[name]
  if (!key) {
    if (list.length > 0)
      settings.set(path.replace('containerDefinitions', 'containers'), JSON.stringify(list))
    return
  }
  for (const member of list as Record<string, unknown>[]) {
    const id = String(member[key])
    if (name === 'environment') {
      if (id !== RELEASE_VARIABLE) walk(member.value, `${path}.${id}`, settings)
    } else if (name === 'secrets') walk(member.valueFrom, `${path}.${id}`, settings)
    else walk(member, `${path}.${id}`, settings)
  }
}

/** What ECS answers where nothing was set. */
function isDefault(name: string, value: unknown): boolean {
  return (
    value === null || (name === 'cpu' && value === 0) || (name === 'enableFaultInjection' && value === false)
  )
}

/** On awsvpc the host port is the container port, said or not. */
function isRepeated(owner: Record<string, unknown>, member: string): boolean {
  return member === 'hostPort' && owner.hostPort === owner.containerPort
}

function shown(setting: string, value: string | undefined): string | undefined {
  const name = /\.environment\.(.+)$/.exec(setting)?.[1]
  return value !== undefined && name !== undefined && SECRET_NAME.test(name) ? NOT_SHOWN : value
}
