import type {
  CreatePolicyRequest,
  CreatePolicyVersionRequest,
  ListEntitiesForPolicyRequest,
  ListPoliciesRequest,
  TagPolicyRequest,
  Policy as ToldPolicy,
  UntagPolicyRequest,
} from '@aws-sdk/client-iam'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import {
  alreadyExists,
  checkName,
  conflict,
  type IamState,
  list,
  type ManagedPolicy,
  newId,
  noSuchEntity,
  parsePolicy,
  type Tag,
  withTags,
} from './model.ts'
import { pageOf } from './pages.ts'

/** Versions that a managed policy may have (IAM quotas). */
const MAX_VERSIONS = 5

interface Named {
  PolicyArn?: string
  VersionId?: string
}

/** Managed policies and their versions. AWS's own can be read and attached, not changed. */
export function policyOperations(context: ServiceContext, state: IamState): Record<string, Operation> {
  function createPolicy(input: CreatePolicyRequest) {
    const name = checkName('policyName', input.PolicyName, 128)
    const path = input.Path ?? '/'
    const arn = `arn:aws:iam::${context.accountId}:policy${path}${name}`
    if (state.policies.list().some(policy => policy.name === name))
      throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
    parsePolicy(input.PolicyDocument)
    const createdAt = context.clock.now()
    const policy: ManagedPolicy = {
      arn,
      name,
      id: newId('ANPA'),
      path,
      description: input.Description,
      createdAt,
      updatedAt: createdAt,
      defaultVersion: 'v1',
      versions: [{ id: 'v1', document: input.PolicyDocument as string, createdAt }],
      tags: list<Tag>(input.Tags as Tag[]),
    }
    state.policies.put(arn, policy)
    return { Policy: told(policy) }
  }

  function createPolicyVersion(input: CreatePolicyVersionRequest) {
    const policy = own(input.PolicyArn)
    parsePolicy(input.PolicyDocument)
    if (policy.versions.length >= MAX_VERSIONS)
      throw new AwsError(
        'LimitExceeded',
        `A managed policy can have up to ${MAX_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
        409,
      )
    const id = `v${Math.max(...policy.versions.map(version => Number(version.id.slice(1)))) + 1}`
    const version = { id, document: input.PolicyDocument as string, createdAt: context.clock.now() }
    const asDefault = String(input.SetAsDefault) === 'true'
    save(policy, {
      versions: [...policy.versions, version],
      defaultVersion: asDefault ? id : policy.defaultVersion,
    })
    return {
      PolicyVersion: { VersionId: id, IsDefaultVersion: asDefault, CreateDate: new Date(version.createdAt) },
    }
  }

  function deletePolicyVersion(input: Named): void {
    const policy = own(input.PolicyArn)
    versionOf(policy, input.VersionId)
    if (policy.defaultVersion === input.VersionId)
      throw conflict('Cannot delete the default version of a policy.')
    save(policy, { versions: policy.versions.filter(version => version.id !== input.VersionId) })
  }

  function setDefaultPolicyVersion(input: Named): void {
    const policy = own(input.PolicyArn)
    save(policy, { defaultVersion: versionOf(policy, input.VersionId).id })
  }

  function getPolicyVersion(input: Named) {
    const policy = state.policy(input.PolicyArn)
    const { id, document, createdAt } = versionOf(policy, input.VersionId)
    return {
      PolicyVersion: {
        Document: encodeURIComponent(document),
        VersionId: id,
        IsDefaultVersion: id === policy.defaultVersion,
        CreateDate: new Date(createdAt),
      },
    }
  }

  function deletePolicy(input: Named): void {
    const policy = own(input.PolicyArn)
    if (attachedTo(policy.arn).length > 0) throw conflict('Cannot delete a policy attached to entities.')
    if (policy.versions.length > 1)
      throw conflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.",
      )
    state.policies.delete(policy.arn)
  }

  function listPolicies(input: ListPoliciesRequest) {
    const inScope = (policy: ManagedPolicy) => {
      const aws = policy.arn.startsWith('arn:aws:iam::aws:')
      return input.Scope === 'AWS' ? aws : input.Scope === 'Local' ? !aws : true
    }
    const onlyAttached = String(input.OnlyAttached) === 'true'
    const found = state
      .allPolicies()
      .filter(inScope)
      .filter(p => !onlyAttached || attachedTo(p.arn).length > 0)
    const { items, ...rest } = pageOf(found, input)
    return { Policies: items.map(told), ...rest }
  }

  function listEntitiesForPolicy(input: ListEntitiesForPolicyRequest) {
    const { items, ...rest } = pageOf(attachedTo(state.policy(input.PolicyArn).arn), input)
    return {
      PolicyRoles: items.map(role => ({ RoleName: role.name, RoleId: role.id })),
      PolicyUsers: [],
      PolicyGroups: [],
      ...rest,
    }
  }

  function attachedTo(arn: string) {
    return state.roles.list().filter(role => role.attached.includes(arn))
  }

  function own(arn: string | undefined): ManagedPolicy {
    const policy = state.policy(arn)
    if (!state.policies.get(policy.arn))
      throw new AwsError('AccessDenied', `the AWS-managed policy ${arn} cannot be changed`, 403)
    return policy
  }

  function save(policy: ManagedPolicy, change: Partial<ManagedPolicy>): void {
    state.policies.put(policy.arn, { ...policy, ...change, updatedAt: context.clock.now() })
  }

  function told(policy: ManagedPolicy): ToldPolicy {
    return {
      PolicyName: policy.name,
      PolicyId: policy.id,
      Arn: policy.arn,
      Path: policy.path,
      DefaultVersionId: policy.defaultVersion,
      AttachmentCount: attachedTo(policy.arn).length,
      PermissionsBoundaryUsageCount: 0,
      IsAttachable: true,
      Description: policy.description,
      CreateDate: new Date(policy.createdAt),
      UpdateDate: new Date(policy.updatedAt),
      Tags: policy.tags,
    }
  }

  return {
    CreatePolicy: createPolicy,
    GetPolicy: (input: Named) => ({ Policy: told(state.policy(input.PolicyArn)) }),
    ListPolicies: listPolicies,
    DeletePolicy: deletePolicy,
    CreatePolicyVersion: createPolicyVersion,
    GetPolicyVersion: getPolicyVersion,
    ListPolicyVersions: (input: Named) => {
      const { versions, defaultVersion } = state.policy(input.PolicyArn)
      return {
        Versions: versions.map(({ id, createdAt }) => ({
          VersionId: id,
          IsDefaultVersion: id === defaultVersion,
          CreateDate: new Date(createdAt),
        })),
        IsTruncated: false,
      }
    },
    DeletePolicyVersion: deletePolicyVersion,
    SetDefaultPolicyVersion: setDefaultPolicyVersion,
    ListEntitiesForPolicy: listEntitiesForPolicy,
    TagPolicy: (input: TagPolicyRequest) => {
      const policy = own(input.PolicyArn)
      save(policy, { tags: withTags(policy.tags, list<Tag>(input.Tags as Tag[])) })
    },
    UntagPolicy: (input: UntagPolicyRequest) => {
      const policy = own(input.PolicyArn)
      const gone = list<string>(input.TagKeys)
      save(policy, { tags: policy.tags.filter(tag => !gone.includes(tag.Key)) })
    },
  }
}

function versionOf(policy: ManagedPolicy, id: string | undefined) {
  const found = policy.versions.find(version => version.id === id)
  if (!found) throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`)
  return found
}
