import { s3Needs } from '../../access/s3-needs.ts'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { type Decision, evaluate, type PolicyDocument, statementsOf } from '../iam/evaluate.ts'
import { isAbout, type PrincipalStatement } from '../iam/principals.ts'
import type { Bucket, Records } from './records.ts'

/** A request as policies see it. */
export interface Asked {
  operation: string
  input: Record<string, unknown>
  callerArn: string
  headers: Record<string, string | undefined>
  query: URLSearchParams
}

/** What the owner of a bucket can always do, or a policy could lock everyone out for good. */
const OWNERS = /^(Get|Put|Delete)BucketPolicy$/

/**
 * Asks the bucket's policy beside the caller's own ones: a deny there refuses everyone, an allow is enough for a role
 * of this account. The loopback interface counts as secure transport: nothing leaves the machine (decision 0007).
 */
export function createBucketPolicy(
  records: Records,
  { accountId, region, clock }: Pick<ServiceContext, 'accountId' | 'region' | 'clock'>,
) {
  /** @param identity asks the caller's own policies; throws AccessDenied */
  return function ask(asked: Asked, identity: () => void): void {
    const { operation, input, callerArn } = asked
    const decisions = s3Needs(operation, input).map(({ action, resource }) => {
      const bucket = records.buckets.get(resource.split(':::')[1]?.split('/')[0] ?? '')
      const policy = bucket?.settings.policy as string | undefined
      const ownersOwn = OWNERS.test(operation) && callerArn.includes(':user/')
      if (policy === undefined || ownersOwn) return 'implicitDeny' satisfies Decision
      const about = (JSON.parse(policy) as PolicyDocument & { Statement: PrincipalStatement[] }).Statement
      // To allow the account as such leaves it to the caller's own policies (IAM User Guide, "Principal").
      const Statement = [about]
        .flat()
        .filter(one => isAbout(one, callerArn, one.Effect === 'Deny' ? accountId : ''))
      const { decision } = evaluate([{ Statement }], { action, resource, context: contextOf(asked) })
      if (decision === 'explicitDeny')
        throw new AwsError(
          'AccessDenied',
          `User: ${callerArn} is not authorized to perform: ${action} on resource: "${resource}" with an explicit deny in a resource-based policy`,
          403,
        )
      return decision
    })
    try {
      identity()
    } catch (error) {
      const allowed = decisions.length > 0 && decisions.every(decision => decision === 'allowed')
      if (!allowed || !(error instanceof AwsError) || error.message.includes('explicit deny')) throw error
    }
  }

  function contextOf({ callerArn, headers, query, input }: Asked): Record<string, string> {
    const header = (name: string, key: string) =>
      headers[name] === undefined ? {} : { [key]: headers[name] as string }
    const parameter = (name: string, key: string) =>
      query.has(name) ? { [key]: query.get(name) as string } : {}
    return {
      'aws:CurrentTime': new Date(clock.now()).toISOString(),
      'aws:PrincipalAccount': accountId,
      'aws:PrincipalArn': callerArn.replace(/:sts:(.*):assumed-role\/([^/]+)\/.*/, ':iam:$1:role/$2'),
      'aws:PrincipalIsAWSService': 'false',
      'aws:RequestedRegion': region,
      'aws:SecureTransport': 'true',
      'aws:SourceIp': '127.0.0.1',
      's3:TlsVersion': '1.3',
      's3:authType': query.has('X-Amz-Signature') ? 'REST-QUERY-STRING' : 'REST-HEADER',
      's3:signatureversion': 'AWS4-HMAC-SHA256',
      ...header('x-amz-acl', 's3:x-amz-acl'),
      ...header('x-amz-server-side-encryption', 's3:x-amz-server-side-encryption'),
      ...header(
        'x-amz-server-side-encryption-aws-kms-key-id',
        's3:x-amz-server-side-encryption-aws-kms-key-id',
      ),
      ...header('x-amz-storage-class', 's3:x-amz-storage-class'),
      ...header('x-amz-object-lock-mode', 's3:object-lock-mode'),
      ...header('if-none-match', 's3:if-none-match'),
      ...parameter('prefix', 's3:prefix'),
      ...parameter('delimiter', 's3:delimiter'),
      ...parameter('max-keys', 's3:max-keys'),
      ...(typeof input.VersionId === 'string' ? { 's3:VersionId': input.VersionId } : {}),
    }
  }
}

/** Condition keys by which AWS does not count an allow for everyone as public. */
const RESTRICTING =
  /^(aws:(Source(Arn|Account|Vpc|Vpce|Ip|OrgID|Owner)|Principal(OrgID|OrgPaths|Account|Arn)|userid)|s3:DataAccessPoint(Account|Arn))$/i

/**
 * Checks a policy that is to be put on a bucket.
 * @throws AwsError MalformedPolicy; AccessDenied for a public one where the bucket blocks those
 */
export function checkBucketPolicy(bucket: Bucket, text: string): void {
  const malformed = (message: string) => new AwsError('MalformedPolicy', message)
  let document: PolicyDocument
  try {
    document = JSON.parse(text)
  } catch {
    throw malformed('This policy contains invalid Json')
  }
  if (typeof document !== 'object' || document === null || document.Statement === undefined)
    throw malformed('Missing required field Statement')
  for (const statement of statementsOf(document) as PrincipalStatement[]) {
    const { Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal } = statement
    if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed(`Invalid effect: ${Effect}`)
    if (NotPrincipal !== undefined) throw notImplemented('s3', 'NotPrincipal in PutBucketPolicy')
    if (Principal === undefined) throw malformed('Missing required field Principal')
    if (Action === undefined && NotAction === undefined) throw malformed('Missing required field Action')
    for (const action of [Action ?? NotAction ?? []].flat())
      if (!/^(\*|s3:)/i.test(action)) throw malformed('Policy has invalid action')
    const resources = [Resource ?? NotResource ?? []].flat()
    if (resources.length === 0) throw malformed('Missing required field Resource')
    for (const resource of resources)
      if (!new RegExp(`^arn:aws:s3:::${bucket.name}(/.*)?$`).test(resource) && resource !== '*')
        throw malformed('Policy has invalid resource')
    const block = bucket.settings.publicAccessBlock as { BlockPublicPolicy?: boolean } | undefined
    if (block?.BlockPublicPolicy && isPublic(statement))
      throw new AwsError(
        'AccessDenied',
        'User is not authorized to perform: s3:PutBucketPolicy because public policies are blocked by the BlockPublicPolicy setting in S3 Block Public Access.',
        403,
      )
  }
}

/** Whether a statement lets everyone in (S3 User Guide, "The meaning of public"). */
function isPublic({ Effect, Principal, Condition }: PrincipalStatement): boolean {
  if (Effect !== 'Allow') return false
  const everyone =
    Principal === '*' ||
    (typeof Principal === 'object' && [(Principal as { AWS?: string | string[] }).AWS].flat().includes('*'))
  const keys = Object.values(Condition ?? {}).flatMap(one => Object.keys(one))
  return everyone && !keys.some(key => RESTRICTING.test(key))
}
