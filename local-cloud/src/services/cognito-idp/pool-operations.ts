import type {
  AddCustomAttributesRequest,
  CreateUserPoolRequest,
  CreateUserPoolResponse,
  DeleteUserPoolRequest,
  DescribeUserPoolRequest,
  DescribeUserPoolResponse,
  GetUserPoolMfaConfigRequest,
  GetUserPoolMfaConfigResponse,
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  ListUserPoolsRequest,
  ListUserPoolsResponse,
  SetUserPoolMfaConfigRequest,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateUserPoolRequest,
  UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider'
import { notImplemented } from '../../core/aws-error.ts'
import type { Operation } from '../../core/service.ts'
import { addToSchema } from './attributes.ts'
import { invalidParameter, notFound } from './cognito-errors.ts'
import { page } from './paging.ts'
import { readSettings } from './pool-settings.ts'
import type { Pools } from './pools.ts'
import type { PoolRecord } from './records.ts'
import type { Users } from './users.ts'

/** User pools, their MFA settings and their tags. */
export function poolOperations(pools: Pools, users: Users): Record<string, Operation> {
  async function createUserPool(input: CreateUserPoolRequest): Promise<CreateUserPoolResponse> {
    const settings = readSettings(input)
    checkMfa(settings.MfaConfiguration, false)
    return { UserPool: describe(await pools.create(settings)) }
  }

  function updateUserPool(input: UpdateUserPoolRequest): object {
    const pool = pools.pool(input.UserPoolId)
    const settings = readSettings(input, pool)
    checkMfa(settings.MfaConfiguration, pool.totpEnabled)
    pools.save({ ...pool, settings })
    return {}
  }

  function addCustomAttributes(input: AddCustomAttributesRequest): object {
    const pool = pools.pool(input.UserPoolId)
    const SchemaAttributes = addToSchema(pool.settings.SchemaAttributes ?? [], input.CustomAttributes)
    pools.save({ ...pool, settings: { ...pool.settings, SchemaAttributes } })
    return {}
  }

  function describe(pool: PoolRecord): UserPoolType {
    return {
      Id: pool.id,
      Arn: pool.arn,
      ...pool.settings,
      CreationDate: new Date(pool.createdAt),
      LastModifiedDate: new Date(pool.modifiedAt),
      EstimatedNumberOfUsers: users.list(pool).length,
    }
  }

  function deleteUserPool(input: DeleteUserPoolRequest): object {
    const pool = pools.pool(input.UserPoolId)
    if (pool.settings.DeletionProtection === 'ACTIVE')
      throw invalidParameter(
        `The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.`,
      )
    for (const user of users.list(pool)) users.delete(pool, user)
    pools.delete(pool)
    return {}
  }

  function listUserPools(input: ListUserPoolsRequest): ListUserPoolsResponse {
    const { items, next } = page(pools.all(), pool => pool.id, input.MaxResults, input.NextToken)
    return {
      UserPools: items.map(pool => ({
        Id: pool.id,
        Name: pool.settings.Name,
        LambdaConfig: {},
        LastModifiedDate: new Date(pool.modifiedAt),
        CreationDate: new Date(pool.createdAt),
      })),
      NextToken: next,
    }
  }

  function setUserPoolMfaConfig(input: SetUserPoolMfaConfigRequest): GetUserPoolMfaConfigResponse {
    const pool = pools.pool(input.UserPoolId)
    for (const factor of ['SmsMfaConfiguration', 'EmailMfaConfiguration', 'WebAuthnConfiguration'] as const)
      if (input[factor]) throw notImplemented('cognito-idp', `SetUserPoolMfaConfig with ${factor}`)
    const totpEnabled = input.SoftwareTokenMfaConfiguration?.Enabled ?? false
    const mfa = input.MfaConfiguration ?? 'OFF'
    checkMfa(mfa, totpEnabled)
    pools.save({ ...pool, totpEnabled, settings: { ...pool.settings, MfaConfiguration: mfa } })
    return getUserPoolMfaConfig(input)
  }

  function getUserPoolMfaConfig(input: GetUserPoolMfaConfigRequest): GetUserPoolMfaConfigResponse {
    const pool = pools.pool(input.UserPoolId)
    return {
      SoftwareTokenMfaConfiguration: { Enabled: pool.totpEnabled },
      MfaConfiguration: pool.settings.MfaConfiguration,
    }
  }

  function byArn(arn: string | undefined): PoolRecord {
    const pool = pools.find(arn?.split('/').pop() ?? '')
    if (!pool || pool.arn !== arn) throw notFound(`Resource ${arn} does not exist.`)
    return pool
  }

  function retag(pool: PoolRecord, UserPoolTags: Record<string, string>): object {
    pools.save({ ...pool, settings: { ...pool.settings, UserPoolTags } })
    return {}
  }

  function untagResource(input: UntagResourceRequest): object {
    const pool = byArn(input.ResourceArn)
    const kept = Object.entries(pool.settings.UserPoolTags ?? {}).filter(
      ([key]) => !input.TagKeys?.includes(key),
    )
    return retag(pool, Object.fromEntries(kept))
  }

  return {
    CreateUserPool: createUserPool,
    DescribeUserPool: (input: DescribeUserPoolRequest): DescribeUserPoolResponse => ({
      UserPool: describe(pools.pool(input.UserPoolId)),
    }),
    UpdateUserPool: updateUserPool,
    AddCustomAttributes: addCustomAttributes,
    DeleteUserPool: deleteUserPool,
    ListUserPools: listUserPools,
    GetUserPoolMfaConfig: getUserPoolMfaConfig,
    SetUserPoolMfaConfig: setUserPoolMfaConfig,
    TagResource: (input: TagResourceRequest) => {
      const pool = byArn(input.ResourceArn)
      return retag(pool, { ...pool.settings.UserPoolTags, ...input.Tags })
    },
    UntagResource: untagResource,
    ListTagsForResource: (input: ListTagsForResourceRequest): ListTagsForResourceResponse => ({
      Tags: byArn(input.ResourceArn).settings.UserPoolTags ?? {},
    }),
  }
}

/** A pool cannot ask for a second factor that it does not have: nobody could sign in, or everybody without one. */
function checkMfa(mfa: string | undefined, totpEnabled: boolean): void {
  if (mfa !== undefined && !['OFF', 'OPTIONAL', 'ON'].includes(mfa))
    throw invalidParameter(`MfaConfiguration '${mfa}' must be OFF, OPTIONAL or ON`)
  if (mfa !== undefined && mfa !== 'OFF' && !totpEnabled)
    throw invalidParameter(
      `MfaConfiguration ${mfa} needs a factor: enable SoftwareTokenMfaConfiguration with SetUserPoolMfaConfig`,
    )
}
