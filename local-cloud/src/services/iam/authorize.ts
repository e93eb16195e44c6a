import type { Store } from '../../core/store.ts'
import { type AccessRequest, type Evaluation, evaluate, type PolicyDocument } from './evaluate.ts'
import { createIamState, type IamState, noSuchEntity } from './model.ts'

/** The policies that speak for a principal: names beside documents, and the boundary that limits them. */
export interface PrincipalPolicies {
  names: string[]
  documents: PolicyDocument[]
  boundary?: PolicyDocument
}

/**
 * Whether a principal may do something, by the identity policies of its role.
 * The installation's own user and AWS service principals may do everything; a role that does not exist, nothing.
 */
export function createAuthorizer(store: Store): {
  isAllowed(
    principalArn: string,
    action: string,
    resource: string,
    context?: AccessRequest['context'],
  ): Evaluation
} {
  const state = createIamState(store)
  return {
    isAllowed: (principalArn, action, resource, context = {}) => {
      if (isOperator(principalArn) || principalArn.endsWith('.amazonaws.com'))
        return { decision: 'allowed', matched: [] }
      const name = roleNameOf(principalArn)
      if (!name || !state.roles.get(name)) return { decision: 'implicitDeny', matched: [] }
      const { documents, boundary } = policiesOfRole(state, name)
      return evaluate(
        documents,
        { action, resource, context: { 'aws:PrincipalArn': principalArn, ...context } },
        boundary,
      )
    },
  }
}

/** Whether an ARN is that of the installation's own user, which is an administrator. */
export function isOperator(arn: string): boolean {
  return /^arn:aws:iam::\d{12}:user\/local-operator$/.test(arn)
}

/**
 * The policies of a role, or of the installation's own user.
 * @throws AwsError `NoSuchEntity` when the ARN is that of nobody who exists
 */
export function policiesOfPrincipal(state: IamState, arn: string | undefined): PrincipalPolicies {
  if (!isOperator(arn ?? '')) return policiesOfRole(state, roleBehind(state, arn))
  const everything: PolicyDocument = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
  }
  return { names: ['AdministratorAccess'], documents: [everything] }
}

/** All policies of a role: inline first, then attached, each in its version in force. */
export function policiesOfRole(state: IamState, roleName: string): PrincipalPolicies {
  const role = state.role(roleName)
  const managed = (arn: string): PolicyDocument => {
    const policy = state.policy(arn)
    const version = policy.versions.find(({ id }) => id === policy.defaultVersion)
    return JSON.parse(version?.document ?? '{"Statement":[]}')
  }
  return {
    names: [...Object.keys(role.inline), ...role.attached.map(arn => arn.split('/').pop() ?? arn)],
    documents: [...Object.values(role.inline).map(text => JSON.parse(text)), ...role.attached.map(managed)],
    boundary: role.boundary ? managed(role.boundary) : undefined,
  }
}

/** The role in `arn:aws:iam::…:role/path/name` or `arn:aws:sts::…:assumed-role/name/session`. */
export function roleNameOf(arn: string): string | undefined {
  const [, kind, rest = ''] = /^arn:aws:(iam|sts)::\d{12}:(.+)$/.exec(arn) ?? []
  const parts = rest.split('/')
  if (kind === 'sts' && parts[0] === 'assumed-role') return parts[1]
  if (kind === 'iam' && parts[0] === 'role') return parts[parts.length - 1]
  return undefined
}

/** @throws AwsError `NoSuchEntity` when the ARN is not that of a role that exists */
function roleBehind(state: IamState, arn: string | undefined): string {
  const name = roleNameOf(arn ?? '')
  if (!name)
    throw noSuchEntity(`The principal ${arn} is neither a role of this account nor the user local-operator.`)
  return state.role(name).name
}
