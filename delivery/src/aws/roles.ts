import {
  CreateServiceLinkedRoleCommand,
  type EvaluationResult,
  GetRoleCommand,
  IAMClient,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** What somebody would do, for the policy simulator. */
export interface Simulation {
  /** ARN of a user or role. */
  principal: string
  actions: readonly string[]
  resource: string
  /** Condition keys that the policies may ask for. */
  context?: Record<string, string>
}

/** What IAM says of roles and what they may do. */
export interface Roles {
  /** Makes the role that a service of AWS takes for itself, such as `ecs.amazonaws.com`. */
  createServiceLinked(service: string): Promise<void>
  /** A role's own ARN and who may take it; undefined when it does not exist. */
  role(name: string): Promise<{ arn: string; trust: string } | undefined>
  /** The actions that the principal's policies do not allow, with how they refuse: `implicitDeny`, `explicitDeny`. */
  denied(simulation: Simulation): Promise<{ action: string; decision: string }[]>
}

export function createRoles(access: Access): Roles {
  const client = new IAMClient(clientConfig(access))
  return {
    createServiceLinked: async AWSServiceName => {
      await client.send(new CreateServiceLinkedRoleCommand({ AWSServiceName }))
    },
    role: async RoleName => {
      try {
        const { Role } = await client.send(new GetRoleCommand({ RoleName }))
        // the document is percent-encoded, RFC 3986
        return { arn: Role?.Arn ?? '', trust: decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '{}') }
      } catch (error) {
        if ((error as Error).name === 'NoSuchEntityException') return undefined
        throw error
      }
    },
    denied: async ({ principal, actions, resource, context = {} }) => {
      const results: EvaluationResult[] = []
      let Marker: string | undefined
      do {
        const page = await client.send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: principal,
            ActionNames: [...actions],
            ResourceArns: [resource],
            ContextEntries: Object.entries(context).map(([ContextKeyName, value]) => ({
              ContextKeyName,
              ContextKeyValues: [value],
              ContextKeyType: 'string' as const,
            })),
            Marker,
          }),
        )
        results.push(...(page.EvaluationResults ?? []))
        Marker = page.IsTruncated ? page.Marker : undefined
      } while (Marker)
      return results
        .filter(({ EvalDecision }) => EvalDecision !== 'allowed')
        .map(({ EvalActionName = '', EvalDecision = '' }) => ({
          action: EvalActionName,
          decision: EvalDecision,
        }))
    },
  }
}
