import type { AssumeRoleRequest, AssumeRoleResponse, GetCallerIdentityResponse } from '@aws-sdk/client-sts'
import { AwsError } from '../../core/aws-error.ts'
import type { RequestContext, Service, ServiceContext } from '../../core/service.ts'
import { checkTrust } from './trust.ts'

/** Shortest, default and longest life of a role's session, in seconds, as on AWS. */
const SESSION_SECONDS = { least: 900, usual: 3600, most: 43_200 }

/** Who am I, and temporary credentials of roles. */
export function createSts(context: ServiceContext): Service {
  function getCallerIdentity(_: object, { caller }: RequestContext): GetCallerIdentityResponse {
    return { UserId: caller.userId, Account: caller.accountId, Arn: caller.arn }
  }

  async function assumeRole(
    input: AssumeRoleRequest,
    { caller }: RequestContext,
  ): Promise<AssumeRoleResponse> {
    const role = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(input.RoleArn ?? '')
    if (!role) throw new AwsError('ValidationError', `'${input.RoleArn}' is not the ARN of a role`)
    const session = input.RoleSessionName ?? ''
    if (!/^[\w+=,.@-]{2,64}$/.test(session))
      throw new AwsError('ValidationError', `RoleSessionName '${session}' must match [\\w+=,.@-]{2,64}`)
    const seconds = Number(input.DurationSeconds ?? SESSION_SECONDS.usual)
    if (!(seconds >= SESSION_SECONDS.least && seconds <= SESSION_SECONDS.most))
      throw new AwsError('ValidationError', `DurationSeconds ${seconds} must be between 900 and 43200`)
    await checkTrust(context, input.RoleArn as string, caller)
    const [, accountId = '', name = ''] = role
    const arn = `arn:aws:sts::${accountId}:assumed-role/${name}/${session}`
    const userId = `AROALOCAL${name
      .toUpperCase()
      .replace(/[^A-Z0-9]/g, '')
      .slice(0, 12)}:${session}`
    const key = context.credentials.issue({ accountId, arn, userId }, seconds)
    return {
      Credentials: {
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        SessionToken: key.sessionToken,
        Expiration: new Date(key.expires as number),
      },
      AssumedRoleUser: { Arn: arn, AssumedRoleId: userId },
    }
  }

  return {
    name: 'sts',
    protocol: 'query',
    apiVersion: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    operations: { GetCallerIdentity: getCallerIdentity, AssumeRole: assumeRole },
  }
}
