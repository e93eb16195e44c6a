import type { Roles } from '../aws/roles.ts'

/** Whom the policy simulator is asked about. */
export type Principal =
  | { kind: 'known'; arn: string }
  /** The account's root user, which no identity policy limits. */
  | { kind: 'root' }
  | { kind: 'unknown'; why: string }

/**
 * The user or role behind a caller. A session's ARN does not have its role's path, so IAM is asked for it.
 * @param arn as STS answers it
 */
export async function principalBehind(arn: string, roles: Roles): Promise<Principal> {
  const [, service, kind = '', rest = ''] = /^arn:[^:]+:(iam|sts)::\d*:([^/]+)(?:\/(.+))?$/.exec(arn) ?? []
  if (service === 'iam' && kind === 'root') return { kind: 'root' }
  if (service === 'iam' && kind === 'user') return { kind: 'known', arn }
  if (service === 'sts' && kind === 'assumed-role') {
    const name = rest.split('/')[0] ?? ''
    const role = await roles.role(name)
    return role ? { kind: 'known', arn: role.arn } : { kind: 'unknown', why: `there is no role ${name}` }
  }
  return { kind: 'unknown', why: `${arn} is neither a user nor a role` }
}
