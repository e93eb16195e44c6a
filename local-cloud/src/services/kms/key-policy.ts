import { AwsError } from '../../core/aws-error.ts'
import type { Caller } from '../../core/service.ts'
import { evaluate, type PolicyDocument, statementsOf } from '../iam/evaluate.ts'
import { isAbout } from '../iam/principals.ts'
import type { Grant } from './grants.ts'
import type { Key } from './keys.ts'

/**
 * Refuses what a key's policy does not let a caller do. Where the policy leaves it to the account, the caller's own
 * policies decide, which were asked before; a grant stands in for the policy. Services of AWS are not asked.
 * https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
 * @throws AwsError `AccessDeniedException` in AWS's words
 */
export function checkKeyPolicy(
  key: Key,
  grants: Grant[],
  caller: Caller,
  operation: string,
  encryptionContext: Record<string, string> = {},
): void {
  if (!caller.arn.startsWith('arn:')) return
  const accountId = key.arn.split(':')[4] ?? ''
  const document = JSON.parse(key.policy) as PolicyDocument
  const about = statementsOf(document).filter(statement => isAbout(statement, caller.arn, accountId))
  const entries = Object.entries(encryptionContext)
  const { decision } = evaluate([{ Statement: about }], {
    action: `kms:${operation}`,
    resource: key.arn,
    context: {
      'aws:PrincipalArn': caller.arn,
      'aws:PrincipalAccount': accountId,
      'kms:CallerAccount': accountId,
      ...Object.fromEntries(entries.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    },
  })
  if (decision === 'allowed') return
  const granted = grants.some(
    grant =>
      grant.operations.some(one => one === operation) &&
      isAbout({ Effect: 'Allow', Principal: { AWS: grant.grantee } }, caller.arn, accountId),
  )
  if (decision === 'implicitDeny' && granted) return
  const because =
    decision === 'explicitDeny'
      ? 'with an explicit deny in a resource-based policy'
      : `because no resource-based policy allows the kms:${operation} action`
  throw new AwsError(
    'AccessDeniedException',
    `User: ${caller.arn} is not authorized to perform: kms:${operation} on resource: ${key.arn} ${because}`,
  )
}
