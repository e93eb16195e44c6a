import type { Provider, ProviderContext } from './provider.ts'
import { defined, type KeyValue, optionalNumber, policyText, same, tagChanges } from './values.ts'

type RoleProperties = {
  RoleName?: string
  Path?: string
  AssumeRolePolicyDocument?: unknown
  Description?: string
  MaxSessionDuration?: unknown
  PermissionsBoundary?: string
  ManagedPolicyArns?: string[]
  Policies?: { PolicyName: string; PolicyDocument: unknown }[]
  Tags?: KeyValue[]
}

/** What its policies allow is what its sessions may do. */
const role: Provider<RoleProperties> = {
  replaceOn: ['RoleName', 'Path'],
  acts: [
    'AssumeRolePolicyDocument',
    'Description',
    'MaxSessionDuration',
    'PermissionsBoundary',
    'ManagedPolicyArns',
    'Policies',
  ],
  nameProperty: 'RoleName',
  taggable: true,
  create: async (properties, context) => {
    const RoleName = properties.RoleName ?? context.generatedName(64)
    const { Path, Description, PermissionsBoundary, Tags } = properties
    await context.call('iam', 'CreateRole', {
      RoleName,
      AssumeRolePolicyDocument: policyText(properties.AssumeRolePolicyDocument),
      ...defined({
        Path,
        Description,
        PermissionsBoundary,
        Tags,
        MaxSessionDuration: optionalNumber(properties.MaxSessionDuration),
      }),
    })
    context.made(RoleName)
    await setPolicies(RoleName, properties, {}, context)
    return RoleName
  },
  update: async (RoleName, properties, old, context) => {
    if (!same(properties.AssumeRolePolicyDocument, old.AssumeRolePolicyDocument))
      await context.call('iam', 'UpdateAssumeRolePolicy', {
        RoleName,
        PolicyDocument: policyText(properties.AssumeRolePolicyDocument),
      })
    await context.call('iam', 'UpdateRole', {
      RoleName,
      Description: properties.Description ?? '',
      MaxSessionDuration: Number(properties.MaxSessionDuration ?? 3600),
    })
    const { PermissionsBoundary } = properties
    if (PermissionsBoundary)
      await context.call('iam', 'PutRolePermissionsBoundary', { RoleName, PermissionsBoundary })
    else if (old.PermissionsBoundary) await context.call('iam', 'DeleteRolePermissionsBoundary', { RoleName })
    await setPolicies(RoleName, properties, old, context)
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    if (set.length > 0) await context.call('iam', 'TagRole', { RoleName, Tags: set })
    if (remove.length > 0) await context.call('iam', 'UntagRole', { RoleName, TagKeys: remove })
  },
  delete: async (RoleName, properties, context) => {
    await setPolicies(RoleName, {}, properties, context)
    await context.call('iam', 'DeleteRole', { RoleName })
  },
  attributes: async (RoleName, _, context) => {
    const { Role } = await context.call<{ Role: { Arn: string; RoleId: string } }>('iam', 'GetRole', {
      RoleName,
    })
    return { Arn: Role.Arn, RoleId: Role.RoleId }
  },
}

async function setPolicies(
  RoleName: string,
  now: RoleProperties,
  old: RoleProperties,
  context: ProviderContext,
): Promise<void> {
  const kept = new Set((now.Policies ?? []).map(policy => policy.PolicyName))
  for (const { PolicyName, PolicyDocument } of now.Policies ?? [])
    await context.call('iam', 'PutRolePolicy', {
      RoleName,
      PolicyName,
      PolicyDocument: policyText(PolicyDocument),
    })
  for (const { PolicyName } of old.Policies ?? [])
    if (!kept.has(PolicyName)) await context.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName })
  const attached = now.ManagedPolicyArns ?? []
  for (const PolicyArn of attached) await context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn })
  for (const PolicyArn of old.ManagedPolicyArns ?? [])
    if (!attached.includes(PolicyArn)) await context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn })
}

const instanceProfile: Provider<{ InstanceProfileName?: string; Path?: string; Roles?: string[] }> = {
  replaceOn: ['InstanceProfileName', 'Path'],
  acts: ['Roles'],
  nameProperty: 'InstanceProfileName',
  recorded: true,
  create: async ({ InstanceProfileName, Path, Roles = [] }, context) => {
    const name = InstanceProfileName ?? context.generatedName(128)
    await context.call('iam', 'CreateInstanceProfile', { InstanceProfileName: name, ...defined({ Path }) })
    context.made(name)
    for (const RoleName of Roles)
      await context.call('iam', 'AddRoleToInstanceProfile', { InstanceProfileName: name, RoleName })
    return name
  },
  update: async (InstanceProfileName, { Roles = [] }, old, context) => {
    for (const RoleName of old.Roles ?? [])
      if (!Roles.includes(RoleName))
        await context.call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName, RoleName })
    for (const RoleName of Roles)
      if (!old.Roles?.includes(RoleName))
        await context.call('iam', 'AddRoleToInstanceProfile', { InstanceProfileName, RoleName })
  },
  delete: async (InstanceProfileName, { Roles = [] }, context) => {
    for (const RoleName of Roles)
      await context.call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName, RoleName })
    await context.call('iam', 'DeleteInstanceProfile', { InstanceProfileName })
  },
  attributes: (name, { Path = '/' }, context) => ({
    Arn: `arn:aws:iam::${context.accountId}:instance-profile${Path}${name}`,
  }),
}

/** Roles and instance profiles. */
export const IAM_ROLES: Record<string, Provider> = {
  'AWS::IAM::Role': role,
  'AWS::IAM::InstanceProfile': instanceProfile,
}
