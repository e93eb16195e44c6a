import type {
  CreateUserPoolClientRequest,
  CreateUserPoolClientResponse,
  DeleteUserPoolClientRequest,
  DescribeUserPoolClientRequest,
  DescribeUserPoolClientResponse,
  ListUserPoolClientsRequest,
  ListUserPoolClientsResponse,
  UpdateUserPoolClientRequest,
  UpdateUserPoolClientResponse,
  UserPoolClientType,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Operation } from '../../core/service.ts'
import { invalidParameter } from './cognito-errors.ts'
import { page } from './paging.ts'
import type { Pools } from './pools.ts'
import type { ClientRecord, PoolRecord } from './records.ts'
import { checkLifetimes } from './token-lifetimes.ts'

const FLOWS = new Set<string>([
  'ADMIN_NO_SRP_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_CUSTOM_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
  'ALLOW_USER_AUTH',
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'CUSTOM_AUTH_FLOW_ONLY',
  'USER_PASSWORD_AUTH',
])

/** App clients of a pool. */
export function clientOperations(pools: Pools): Record<string, Operation> {
  function createClient(input: CreateUserPoolClientRequest): CreateUserPoolClientResponse {
    const pool = pools.pool(input.UserPoolId)
    const settings = readSettings(pool, input)
    return { UserPoolClient: describe(pools.createClient(pool.id, settings, input.GenerateSecret ?? false)) }
  }

  function updateClient(input: UpdateUserPoolClientRequest): UpdateUserPoolClientResponse {
    const pool = pools.pool(input.UserPoolId)
    const client = pools.client(input.ClientId, pool.id)
    const settings = readSettings(pool, {
      ...input,
      ClientName: input.ClientName ?? client.settings.ClientName,
    })
    pools.saveClient({ ...client, settings })
    return { UserPoolClient: describe(pools.client(client.id)) }
  }

  function deleteClient(input: DeleteUserPoolClientRequest): object {
    pools.deleteClient(pools.client(input.ClientId, pools.pool(input.UserPoolId).id))
    return {}
  }

  function listClients(input: ListUserPoolClientsRequest): ListUserPoolClientsResponse {
    const pool = pools.pool(input.UserPoolId)
    const { items, next } = page(
      pools.clients(pool.id),
      client => client.id,
      input.MaxResults,
      input.NextToken,
    )
    return {
      UserPoolClients: items.map(client => ({
        ClientId: client.id,
        UserPoolId: pool.id,
        ClientName: client.settings.ClientName,
      })),
      NextToken: next,
    }
  }

  return {
    CreateUserPoolClient: createClient,
    DescribeUserPoolClient: (input: DescribeUserPoolClientRequest): DescribeUserPoolClientResponse => ({
      UserPoolClient: describe(pools.client(input.ClientId, pools.pool(input.UserPoolId).id)),
    }),
    UpdateUserPoolClient: updateClient,
    DeleteUserPoolClient: deleteClient,
    ListUserPoolClients: listClients,
  }
}

function describe(client: ClientRecord): UserPoolClientType {
  return {
    UserPoolId: client.poolId,
    ClientId: client.id,
    ClientSecret: client.secret,
    ...client.settings,
    CreationDate: new Date(client.createdAt),
    LastModifiedDate: new Date(client.modifiedAt),
  }
}

/** As on AWS, an update sets what it leaves out to the default. */
function readSettings(
  pool: PoolRecord,
  request: CreateUserPoolClientRequest | UpdateUserPoolClientRequest,
): ClientRecord['settings'] {
  const { UserPoolId: _pool, ...given } = request
  const {
    GenerateSecret: _generate,
    ClientId: _id,
    ClientSecret: _secret,
    ...settings
  } = given as typeof given & {
    GenerateSecret?: boolean
    ClientId?: string
    ClientSecret?: string
  }
  if (!settings.ClientName || !/^[\w\s+=,.@-]{1,128}$/.test(settings.ClientName))
    throw invalidParameter(`'${settings.ClientName}' is not a name for a client: 1 to 128 of [\\w\\s+=,.@-]`)
  const flows = (settings.ExplicitAuthFlows ?? []) as string[]
  const unknown = flows.find(flow => !FLOWS.has(flow))
  if (unknown) throw invalidParameter(`'${unknown}' is not an explicit auth flow`)
  if (new Set(flows.map(flow => flow.startsWith('ALLOW_'))).size > 1)
    throw invalidParameter('ExplicitAuthFlows cannot mix values with and without the ALLOW_ prefix')
  const known = new Set(pool.settings.SchemaAttributes?.map(attribute => attribute.Name))
  const stranger = [...(settings.ReadAttributes ?? []), ...(settings.WriteAttributes ?? [])].find(
    n => !known.has(n),
  )
  if (stranger)
    throw invalidParameter(`Invalid write or read attribute specified while creating a client: ${stranger}`)
  const minutes = settings.AuthSessionValidity ?? 3
  if (!(minutes >= 3 && minutes <= 15))
    throw invalidParameter(`AuthSessionValidity ${minutes} must be between 3 and 15 minutes`)
  const grace = settings.RefreshTokenRotation?.RetryGracePeriodSeconds ?? 0
  if (!(grace >= 0 && grace <= 60))
    throw invalidParameter(`RetryGracePeriodSeconds ${grace} must be between 0 and 60`)
  if (settings.RefreshTokenRotation?.Feature === 'ENABLED' && flows.includes('ALLOW_REFRESH_TOKEN_AUTH'))
    throw invalidParameter('ALLOW_REFRESH_TOKEN_AUTH cannot be enabled together with refresh token rotation')
  const complete = {
    RefreshTokenValidity: 30,
    EnableTokenRevocation: true,
    PreventUserExistenceErrors: 'LEGACY' as const,
    AllowedOAuthFlowsUserPoolClient: false,
    EnablePropagateAdditionalUserContextData: false,
    ...settings,
    AuthSessionValidity: minutes,
  }
  checkLifetimes(complete)
  return complete
}
