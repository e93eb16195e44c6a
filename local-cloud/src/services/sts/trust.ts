import type { GetRoleResponse } from '@aws-sdk/client-iam'
import { AwsError } from '../../core/aws-error.ts'
import type { Caller, ServiceContext } from '../../core/service.ts'
import { evaluate, type PolicyDocument, type Statement, statementsOf } from '../iam/evaluate.ts'
import { isAbout } from '../iam/principals.ts'

/**
 * Refuses a caller whom a role's trust policy does not let take it, where IAM is among the services of this cloud.
 * @throws AwsError 403 `AccessDenied` in AWS's words, for a role that does not exist too
 */
export async function checkTrust(
  { invoke, accountId, region }: ServiceContext,
  roleArn: string,
  caller: Caller,
): Promise<void> {
  const refusal = new AwsError(
    'AccessDenied',
    `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    403,
  )
  const RoleName = roleArn.slice(roleArn.lastIndexOf('/') + 1)
  const found = await invoke<GetRoleResponse>('iam', 'GetRole', { RoleName }, 'sts.amazonaws.com').catch(
    (error: AwsError) => error,
  )
  if (found instanceof AwsError && found.status === 501) return
  if (found instanceof Error || found.Role?.Arn !== roleArn) throw refusal
  const document = JSON.parse(decodeURIComponent(found.Role.AssumeRolePolicyDocument ?? '')) as PolicyDocument
  const about = statementsOf(document)
    .filter(statement => isAbout(statement, caller.arn, accountId))
    .map((statement): Statement => ({ ...statement, Resource: '*' }))
  const { decision } = evaluate([{ Statement: about }], {
    action: 'sts:AssumeRole',
    resource: '*',
    context: {
      'aws:PrincipalArn': caller.arn,
      'aws:PrincipalAccount': accountId,
      'aws:SourceAccount': accountId,
      'aws:RequestedRegion': region,
    },
  })
  if (decision !== 'allowed') throw refusal
}
