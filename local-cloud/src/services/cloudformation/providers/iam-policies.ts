import { AwsError } from '../../../core/aws-error.ts'
import type { Provider, ProviderContext } from './provider.ts'
import { defined, policyText, same } from './values.ts'

type PolicyProperties = {
  PolicyName?: string
  PolicyDocument?: unknown
  Roles?: string[]
  Users?: string[]
  Groups?: string[]
}

/** A policy written into roles. */
const inlinePolicy: Provider<PolicyProperties> = {
  replaceOn: [],
  acts: ['PolicyName', 'PolicyDocument', 'Roles'],
  create: async (properties, context) => {
    const id = context.generatedName(128)
    context.made(id)
    await writeInto(properties, {}, context)
    return id
  },
  update: (_, properties, old, context) => writeInto(properties, old, context),
  delete: (_, properties, context) => writeInto({}, properties, context),
  attributes: id => ({ Id: id }),
}

async function writeInto(
  now: PolicyProperties,
  old: PolicyProperties,
  context: ProviderContext,
): Promise<void> {
  onlyRoles(now)
  const { PolicyName, Roles = [] } = now
  for (const RoleName of Roles)
    await context.call('iam', 'PutRolePolicy', {
      RoleName,
      PolicyName,
      PolicyDocument: policyText(now.PolicyDocument),
    })
  for (const RoleName of old.Roles ?? [])
    if (!Roles.includes(RoleName) || old.PolicyName !== PolicyName)
      await unlessAbsent(context.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName: old.PolicyName }))
}

type ManagedProperties = PolicyProperties & {
  ManagedPolicyName?: string
  Path?: string
  Description?: string
}

const managedPolicy: Provider<ManagedProperties> = {
  replaceOn: ['ManagedPolicyName', 'Path', 'Description'],
  acts: ['PolicyDocument', 'Roles'],
  nameProperty: 'ManagedPolicyName',
  create: async (properties, context) => {
    const { Path, Description } = properties
    const { Policy } = await context.call<{ Policy: { Arn: string } }>('iam', 'CreatePolicy', {
      PolicyName: properties.ManagedPolicyName ?? context.generatedName(128),
      PolicyDocument: policyText(properties.PolicyDocument),
      ...defined({ Path, Description }),
    })
    context.made(Policy.Arn)
    await attach(Policy.Arn, properties, {}, context)
    return Policy.Arn
  },
  update: async (PolicyArn, properties, old, context) => {
    if (!same(properties.PolicyDocument, old.PolicyDocument))
      await newVersion(PolicyArn, properties.PolicyDocument, context)
    await attach(PolicyArn, properties, old, context)
  },
  delete: async (PolicyArn, properties, context) => {
    await attach(PolicyArn, {}, properties, context)
    for (const version of await versions(PolicyArn, context))
      if (!version.IsDefaultVersion)
        await context.call('iam', 'DeletePolicyVersion', { PolicyArn, VersionId: version.VersionId })
    await context.call('iam', 'DeletePolicy', { PolicyArn })
  },
  attributes: id => ({ PolicyArn: id, DefaultVersionId: 'v1' }),
  identify: async ({ ManagedPolicyName, Path = '/' }, context) =>
    `arn:aws:iam::${context.accountId}:policy${Path}${ManagedPolicyName}`,
}

interface Version {
  VersionId: string
  IsDefaultVersion: boolean
}

async function versions(PolicyArn: string, context: ProviderContext): Promise<Version[]> {
  const { Versions } = await context.call<{ Versions: Version[] }>('iam', 'ListPolicyVersions', { PolicyArn })
  return Versions
}

/** A policy has five versions at most: only the one in force is kept beside the new one. */
async function newVersion(PolicyArn: string, document: unknown, context: ProviderContext): Promise<void> {
  for (const version of await versions(PolicyArn, context))
    if (!version.IsDefaultVersion)
      await context.call('iam', 'DeletePolicyVersion', { PolicyArn, VersionId: version.VersionId })
  const PolicyDocument = policyText(document)
  await context.call('iam', 'CreatePolicyVersion', { PolicyArn, PolicyDocument, SetAsDefault: true })
}

async function attach(
  PolicyArn: string,
  now: PolicyProperties,
  old: PolicyProperties,
  context: ProviderContext,
): Promise<void> {
  onlyRoles(now)
  const { Roles = [] } = now
  for (const RoleName of Roles) await context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn })
  for (const RoleName of old.Roles ?? [])
    if (!Roles.includes(RoleName))
      await unlessAbsent(context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn }))
}

function onlyRoles({ Users = [], Groups = [] }: PolicyProperties): void {
  if (Users.length + Groups.length > 0)
    throw new AwsError(
      'InvalidRequest',
      'the local cloud has no IAM users and groups; give the policy to Roles',
    )
}

async function unlessAbsent(call: Promise<unknown>): Promise<void> {
  await call.catch(error => {
    if (!(error instanceof AwsError && error.code === 'NoSuchEntity')) throw error
  })
}

/** Policies, in roles and on their own. */
export const IAM_POLICIES: Record<string, Provider> = {
  'AWS::IAM::Policy': inlinePolicy,
  'AWS::IAM::ManagedPolicy': managedPolicy,
}
