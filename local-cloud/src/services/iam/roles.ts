import type {
  CreateRoleRequest,
  CreateServiceLinkedRoleRequest,
  ListRolesRequest,
  TagRoleRequest,
  Role as ToldRole,
  UntagRoleRequest,
  UpdateAssumeRolePolicyRequest,
  UpdateRoleRequest,
} from '@aws-sdk/client-iam'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import {
  alreadyExists,
  checkName,
  conflict,
  type IamState,
  list,
  newId,
  parsePolicy,
  type Role,
  type Tag,
  withTags,
} from './model.ts'
import { type PageInput, pageOf } from './pages.ts'

interface Named {
  RoleName?: string
}

/** Roles: who may take them, for how long, under which boundary. */
export function roleOperations(context: ServiceContext, state: IamState): Record<string, Operation> {
  function createRole(input: CreateRoleRequest) {
    const name = checkName('roleName', input.RoleName)
    if (state.roles.get(name)) throw alreadyExists(`Role with name ${name} already exists.`)
    parsePolicy(input.AssumeRolePolicyDocument)
    const path = input.Path ?? '/'
    const role: Role = {
      name,
      id: newId('AROA'),
      arn: `arn:aws:iam::${context.accountId}:role${path}${name}`,
      path,
      createdAt: context.clock.now(),
      description: input.Description,
      maxSessionSeconds: Number(input.MaxSessionDuration ?? 3600),
      trust: input.AssumeRolePolicyDocument as string,
      inline: {},
      attached: [],
      boundary: input.PermissionsBoundary,
      tags: list<Tag>(input.Tags as Tag[]),
    }
    state.roles.put(name, role)
    return { Role: toldRole(role) }
  }

  function createServiceLinkedRole(input: CreateServiceLinkedRoleRequest) {
    const service = input.AWSServiceName ?? ''
    const short = service.split('.')[0] ?? ''
    const name = `AWSServiceRoleFor${LINKED_NAMES[service] ?? short.charAt(0).toUpperCase() + short.slice(1)}`
    if (state.roles.get(name))
      throw new AwsError(
        'InvalidInput',
        `Service role name ${name} has been taken in this account, please try a different suffix.`,
      )
    const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }
    return createRole({
      RoleName: name,
      Path: `/aws-service-role/${service}/`,
      Description: input.Description,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    })
  }

  function deleteRole(input: Named): void {
    const role = state.role(input.RoleName)
    if (role.attached.length > 0) throw conflict('Cannot delete entity, must detach all policies first.')
    if (Object.keys(role.inline).length > 0)
      throw conflict('Cannot delete entity, must delete policies first.')
    if (state.profiles.list().some(profile => profile.roles.includes(role.name)))
      throw conflict('Cannot delete entity, must remove roles from instance profile first.')
    state.roles.delete(role.name)
  }

  function listRoles(input: ListRolesRequest) {
    const prefix = input.PathPrefix ?? '/'
    const found = state.roles.list().filter(role => role.path.startsWith(prefix))
    const { items, ...rest } = pageOf(found, input)
    return { Roles: items.map(toldRole), ...rest }
  }

  function change(name: string | undefined, alter: (role: Role) => Partial<Role>): void {
    const role = state.role(name)
    state.roles.put(role.name, { ...role, ...alter(role) })
  }

  function updateRole(input: UpdateRoleRequest): object {
    change(input.RoleName, role => ({
      description: input.Description ?? role.description,
      maxSessionSeconds: Number(input.MaxSessionDuration ?? role.maxSessionSeconds),
    }))
    return {}
  }

  function updateAssumeRolePolicy(input: UpdateAssumeRolePolicyRequest): void {
    parsePolicy(input.PolicyDocument)
    change(input.RoleName, () => ({ trust: input.PolicyDocument as string }))
  }

  return {
    CreateRole: createRole,
    CreateServiceLinkedRole: createServiceLinkedRole,
    GetRole: (input: Named) => ({ Role: toldRole(state.role(input.RoleName)) }),
    ListRoles: listRoles,
    UpdateRole: updateRole,
    UpdateAssumeRolePolicy: updateAssumeRolePolicy,
    DeleteRole: deleteRole,
    PutRolePermissionsBoundary: (input: Named & { PermissionsBoundary?: string }) => {
      state.policy(input.PermissionsBoundary)
      change(input.RoleName, () => ({ boundary: input.PermissionsBoundary }))
    },
    DeleteRolePermissionsBoundary: (input: Named) => change(input.RoleName, () => ({ boundary: undefined })),
    TagRole: (input: TagRoleRequest) =>
      change(input.RoleName, role => ({ tags: withTags(role.tags, list<Tag>(input.Tags as Tag[])) })),
    UntagRole: (input: UntagRoleRequest) =>
      change(input.RoleName, role => ({
        tags: role.tags.filter(tag => !list<string>(input.TagKeys).includes(tag.Key)),
      })),
    ListRoleTags: (input: Named & PageInput) => {
      const { items, ...rest } = pageOf(state.role(input.RoleName).tags, input)
      return { Tags: items, ...rest }
    },
  }
}

/** Names of linked roles that do not follow from the service's name. */
const LINKED_NAMES: Record<string, string> = {
  'ecs.amazonaws.com': 'ECS',
  'elasticloadbalancing.amazonaws.com': 'ElasticLoadBalancing',
  'ecs.application-autoscaling.amazonaws.com': 'ApplicationAutoScaling_ECSService',
}

/** A role as the API shows it; documents are URL-encoded. */
export function toldRole(role: Role): ToldRole {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: role.boundary
      ? {
          PermissionsBoundaryType: 'Policy' as 'PermissionsBoundaryPolicy',
          PermissionsBoundaryArn: role.boundary,
        }
      : undefined,
    Tags: role.tags,
  }
}
