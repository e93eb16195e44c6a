import type { AttachRolePolicyRequest, PutRolePolicyRequest } from '@aws-sdk/client-iam'
import type { Operation } from '../../core/service.ts'
import { checkName, type IamState, noSuchEntity, parsePolicy, type Role } from './model.ts'
import { type PageInput, pageOf } from './pages.ts'

interface Named {
  RoleName?: string
  PolicyName?: string
  PolicyArn?: string
}

/** The policies of roles: written into the role, or attached to it. */
export function rolePolicyOperations(state: IamState): Record<string, Operation> {
  const save = (role: Role, change: Partial<Role>) => state.roles.put(role.name, { ...role, ...change })

  function putRolePolicy(input: PutRolePolicyRequest): void {
    const role = state.role(input.RoleName)
    const name = checkName('policyName', input.PolicyName, 128)
    parsePolicy(input.PolicyDocument)
    save(role, { inline: { ...role.inline, [name]: input.PolicyDocument as string } })
  }

  function getRolePolicy(input: Named) {
    const role = state.role(input.RoleName)
    const document = role.inline[input.PolicyName ?? '']
    if (document === undefined) throw absent(input)
    return { RoleName: role.name, PolicyName: input.PolicyName, PolicyDocument: encodeURIComponent(document) }
  }

  function deleteRolePolicy(input: Named): void {
    const role = state.role(input.RoleName)
    const { [input.PolicyName ?? '']: gone, ...inline } = role.inline
    if (gone === undefined) throw absent(input)
    save(role, { inline })
  }

  function attachRolePolicy(input: AttachRolePolicyRequest): void {
    const role = state.role(input.RoleName)
    const { arn } = state.policy(input.PolicyArn)
    if (!role.attached.includes(arn)) save(role, { attached: [...role.attached, arn] })
  }

  function detachRolePolicy(input: Named): void {
    const role = state.role(input.RoleName)
    if (!role.attached.includes(input.PolicyArn ?? ''))
      throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`)
    save(role, { attached: role.attached.filter(arn => arn !== input.PolicyArn) })
  }

  function listAttachedRolePolicies(input: Named & PageInput) {
    const { items, ...rest } = pageOf(state.role(input.RoleName).attached, input)
    return {
      AttachedPolicies: items.map(arn => ({ PolicyName: arn.split('/').pop(), PolicyArn: arn })),
      ...rest,
    }
  }

  return {
    PutRolePolicy: putRolePolicy,
    GetRolePolicy: getRolePolicy,
    DeleteRolePolicy: deleteRolePolicy,
    ListRolePolicies: (input: Named & PageInput) => {
      const { items, ...rest } = pageOf(Object.keys(state.role(input.RoleName).inline), input)
      return { PolicyNames: items, ...rest }
    },
    AttachRolePolicy: attachRolePolicy,
    DetachRolePolicy: detachRolePolicy,
    ListAttachedRolePolicies: listAttachedRolePolicies,
  }
}

function absent(input: Named) {
  return noSuchEntity(`The role policy with name ${input.PolicyName} cannot be found.`)
}
