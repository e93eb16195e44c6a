import type { Properties } from '../providers/provider.ts'
import { only, type Reader } from './reader.ts'

const role: Reader = async (RoleName, expected, { call }) => {
  const { Role } = await call<{ Role: Properties }>('iam', 'GetRole', { RoleName })
  const { AttachedPolicies } = await call<{ AttachedPolicies: { PolicyArn: string }[] }>(
    'iam',
    'ListAttachedRolePolicies',
    { RoleName },
  )
  const attached = AttachedPolicies.map(one => one.PolicyArn)
  const wanted = (expected.ManagedPolicyArns ?? []) as string[]
  const policies = ((expected.Policies ?? []) as { PolicyName: string }[]).map(async ({ PolicyName }) => {
    const { PolicyDocument } = await call<{ PolicyDocument: string }>('iam', 'GetRolePolicy', {
      RoleName,
      PolicyName,
    })
    return { PolicyName, PolicyDocument: decoded(PolicyDocument) }
  })
  return {
    ...only(Role, ['RoleName', 'Path', 'Description', 'MaxSessionDuration']),
    AssumeRolePolicyDocument: decoded(Role.AssumeRolePolicyDocument),
    // In the template's order; policies that stand in templates of their own are attached here too.
    ManagedPolicyArns: wanted.filter(arn => attached.includes(arn)),
    Policies: await Promise.all(policies),
    Tags: Role.Tags ?? [],
  }
}

/** IAM gives documents percent-encoded. */
function decoded(document: unknown): unknown {
  return JSON.parse(decodeURIComponent(String(document)))
}

const managedPolicy: Reader = async (PolicyArn, _, { call }) => {
  const { Policy } = await call<{ Policy: Properties }>('iam', 'GetPolicy', { PolicyArn })
  const { PolicyVersion } = await call<{ PolicyVersion: Properties }>('iam', 'GetPolicyVersion', {
    PolicyArn,
    VersionId: Policy.DefaultVersionId,
  })
  return {
    ...only(Policy, ['Path', 'Description']),
    ManagedPolicyName: Policy.PolicyName,
    PolicyDocument: decoded(PolicyVersion.Document),
  }
}

const inlinePolicy: Reader = async (_, { Roles, PolicyName }, { call }) => {
  const [RoleName] = (Roles ?? []) as string[]
  if (!RoleName) return {}
  const { PolicyDocument } = await call('iam', 'GetRolePolicy', { RoleName, PolicyName })
  return { PolicyName, PolicyDocument: decoded(PolicyDocument) }
}

const key: Reader = async (KeyId, _, { call }) => {
  const { KeyMetadata } = await call<{ KeyMetadata: Properties }>('kms', 'DescribeKey', { KeyId })
  const rotation = await call('kms', 'GetKeyRotationStatus', { KeyId })
  return {
    Description: KeyMetadata.Description,
    Enabled: KeyMetadata.Enabled,
    EnableKeyRotation: rotation.KeyRotationEnabled,
  }
}

const secret: Reader = async (SecretId, _, { call }) => {
  const found = await call('secretsmanager', 'DescribeSecret', { SecretId })
  return { ...only(found, ['Name', 'Description', 'KmsKeyId']), Tags: found.Tags ?? [] }
}

const userPool: Reader = async (UserPoolId, _, { call }) => {
  const { UserPool } = await call<{ UserPool: Properties }>('cognito-idp', 'DescribeUserPool', { UserPoolId })
  return {
    ...only(UserPool, [
      'AccountRecoverySetting',
      'AdminCreateUserConfig',
      'AutoVerifiedAttributes',
      'DeletionProtection',
      'MfaConfiguration',
      'Policies',
      'UsernameAttributes',
    ]),
    UserPoolName: UserPool.Name,
  }
}

const userPoolClient: Reader = async (ClientId, { UserPoolId }, { call }) => {
  const { UserPoolClient } = await call<{ UserPoolClient: Properties }>(
    'cognito-idp',
    'DescribeUserPoolClient',
    { UserPoolId, ClientId },
  )
  return only(UserPoolClient, [
    'AccessTokenValidity',
    'EnableTokenRevocation',
    'ExplicitAuthFlows',
    'IdTokenValidity',
    'PreventUserExistenceErrors',
    'RefreshTokenValidity',
    'TokenValidityUnits',
  ])
}

const webAcl: Reader = async (physicalId, _, { call }) => {
  const [Name, Id, Scope] = physicalId.split('|')
  const { WebACL } = await call<{ WebACL: Properties }>('wafv2', 'GetWebACL', { Name, Id, Scope })
  return only(WebACL, ['DefaultAction', 'Description', 'VisibilityConfig'])
}

const trail: Reader = async (Name, _, { call }) => {
  const { Trail } = await call<{ Trail: Properties }>('cloudtrail', 'GetTrail', { Name })
  const { IsLogging } = await call('cloudtrail', 'GetTrailStatus', { Name })
  return {
    ...only(Trail, ['S3BucketName', 'IsMultiRegionTrail', 'IncludeGlobalServiceEvents']),
    EnableLogFileValidation: Trail.LogFileValidationEnabled,
    IsLogging,
  }
}

/** Who may do what, and what is kept secret. */
export const SECURITY_READERS: Record<string, Reader> = {
  'AWS::CloudTrail::Trail': trail,
  'AWS::Cognito::UserPool': userPool,
  'AWS::Cognito::UserPoolClient': userPoolClient,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::Policy': inlinePolicy,
  'AWS::IAM::Role': role,
  'AWS::KMS::Key': key,
  'AWS::SecretsManager::Secret': secret,
  'AWS::WAFv2::WebACL': webAcl,
}
