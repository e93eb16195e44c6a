import { randomBytes } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'
import type { Store } from '../../core/store.ts'
import type { PolicyDocument } from './evaluate.ts'
import { AWS_MANAGED } from './managed-policies.ts'

export interface Tag {
  Key: string
  Value: string
}

export interface Role {
  name: string
  id: string
  arn: string
  path: string
  createdAt: number
  description?: string
  maxSessionSeconds: number
  /** JSON text, as given. */
  trust: string
  /** Inline policies: name to JSON text. */
  inline: Record<string, string>
  /** ARNs of managed policies. */
  attached: string[]
  boundary?: string
  tags: Tag[]
}

export interface ManagedPolicy {
  arn: string
  name: string
  id: string
  path: string
  description?: string
  createdAt: number
  updatedAt: number
  defaultVersion: string
  versions: { id: string; document: string; createdAt: number }[]
  tags: Tag[]
}

export interface InstanceProfile {
  name: string
  id: string
  arn: string
  path: string
  createdAt: number
  roles: string[]
}

export type IamState = ReturnType<typeof createIamState>

/** What IAM remembers. Collections are read by key; the throwing getters speak AWS's words. */
export function createIamState(store: Store) {
  const roles = store.collection<Role>('iam', 'role')
  const policies = store.collection<ManagedPolicy>('iam', 'policy')
  const profiles = store.collection<InstanceProfile>('iam', 'instance-profile')
  return {
    roles,
    policies,
    profiles,
    role(name: string | undefined): Role {
      const found = roles.get(name ?? '')
      if (!found) throw noSuchEntity(`The role with name ${name} cannot be found.`)
      return found
    },
    /** A managed policy, the account's or AWS's. */
    policy(arn: string | undefined): ManagedPolicy {
      const found = policies.get(arn ?? '') ?? awsManaged(arn ?? '')
      if (!found) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
      return found
    },
    profile(name: string | undefined): InstanceProfile {
      const found = profiles.get(name ?? '')
      if (!found) throw noSuchEntity(`Instance Profile ${name} cannot be found.`)
      return found
    },
    /** All managed policies of the account and those of AWS that exist here. */
    allPolicies: () => [
      ...policies.list(),
      ...Object.keys(AWS_MANAGED).map(arn => awsManaged(arn) as ManagedPolicy),
    ],
  }
}

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', message, 404)
}

export function alreadyExists(message: string): AwsError {
  return new AwsError('EntityAlreadyExists', message, 409)
}

export function conflict(message: string): AwsError {
  return new AwsError('DeleteConflict', message, 409)
}

/** @throws AwsError `MalformedPolicyDocument` */
export function parsePolicy(text: string | undefined): PolicyDocument {
  const malformed = (why: string) => new AwsError('MalformedPolicyDocument', why)
  let document: unknown
  try {
    document = JSON.parse(text ?? '')
  } catch {
    throw malformed('This policy contains invalid Json')
  }
  const { Statement } = (document ?? {}) as { Statement?: unknown }
  const statements = [Statement ?? []].flat() as Record<string, unknown>[]
  if (statements.length === 0) throw malformed('Syntax errors in policy: there is no Statement.')
  for (const statement of statements)
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')
      throw malformed(`Syntax errors in policy: Effect '${statement.Effect}' must be Allow or Deny.`)
  return document as PolicyDocument
}

/** An id such as `AROA…`. */
export function newId(prefix: 'AROA' | 'ANPA' | 'AIPA'): string {
  return prefix + randomBytes(10).toString('hex').toUpperCase().slice(0, 17)
}

/** @throws AwsError `ValidationError` for a name that IAM does not take */
export function checkName(what: string, name: string | undefined, longest = 64): string {
  if (name && name.length <= longest && /^[\w+=,.@-]+$/.test(name)) return name
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${name}' at '${what}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+ and have length at most ${longest}`,
  )
}

/** Merges tags by key. */
export function withTags(old: Tag[], added: Tag[]): Tag[] {
  const keys = new Set(added.map(tag => tag.Key))
  return [...old.filter(tag => !keys.has(tag.Key)), ...added]
}

/** A list of the query protocol: empty ones arrive as empty strings. */
export function list<T>(value: T[] | string | undefined): T[] {
  return Array.isArray(value) ? value : []
}

function awsManaged(arn: string): ManagedPolicy | undefined {
  const document = AWS_MANAGED[arn]
  if (!document) return undefined
  const [path = '/', name = ''] = [
    arn.slice(arn.indexOf('policy/') + 6, arn.lastIndexOf('/') + 1),
    arn.split('/').pop(),
  ]
  const createdAt = Date.UTC(2017, 10, 16)
  return {
    arn,
    name,
    path,
    id: `ANPA${name.toUpperCase().slice(0, 17)}`,
    createdAt,
    updatedAt: createdAt,
    defaultVersion: 'v1',
    versions: [{ id: 'v1', document: JSON.stringify(document), createdAt }],
    tags: [],
  }
}
