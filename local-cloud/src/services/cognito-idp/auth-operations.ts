import type {
  AdminInitiateAuthRequest,
  AdminRespondToAuthChallengeRequest,
  GetTokensFromRefreshTokenRequest,
  GetTokensFromRefreshTokenResponse,
  InitiateAuthRequest,
  InitiateAuthResponse,
  RespondToAuthChallengeRequest,
  RevokeTokenRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import { notImplemented } from '../../core/aws-error.ts'
import type { Operation } from '../../core/service.ts'
import { createChallenges } from './challenges.ts'
import { checkFlow, checkSecret, checkSecretHash } from './client-checks.ts'
import { cognitoError, invalidParameter, required } from './cognito-errors.ts'
import type { ClientRecord, PoolRecord } from './records.ts'
import { createSignIn } from './sign-in.ts'
import { createSrpSignIn } from './srp-sign-in.ts'
import type { World } from './world.ts'

/** Sign-in, its challenges, and the renewal and revocation of tokens. */
export function authOperations(world: World): Record<string, Operation> {
  const { pools, tokens } = world
  const signIn = createSignIn(world)
  const srp = createSrpSignIn(world, signIn)
  const challenges = createChallenges(world, signIn, srp)

  function initiateAuth(input: InitiateAuthRequest): InitiateAuthResponse | Promise<InitiateAuthResponse> {
    const client = pools.client(required('ClientId', input.ClientId))
    const flow = required('AuthFlow', input.AuthFlow)
    if (flow === 'ADMIN_NO_SRP_AUTH' || flow === 'ADMIN_USER_PASSWORD_AUTH')
      throw invalidParameter('Initiate Auth method not supported.')
    return begin(pools.pool(client.poolId), client, flow, input.AuthParameters ?? {})
  }

  function adminInitiateAuth(
    input: AdminInitiateAuthRequest,
  ): InitiateAuthResponse | Promise<InitiateAuthResponse> {
    const pool = pools.pool(input.UserPoolId)
    const flow = required('AuthFlow', input.AuthFlow)
    if (flow === 'USER_PASSWORD_AUTH') throw invalidParameter('Initiate Auth method not supported.')
    const client = pools.client(required('ClientId', input.ClientId), pool.id)
    return begin(pool, client, flow, input.AuthParameters ?? {})
  }

  function begin(
    pool: PoolRecord,
    client: ClientRecord,
    flow: string,
    parameters: Record<string, string>,
  ): InitiateAuthResponse | Promise<InitiateAuthResponse> {
    const name = () => {
      const username = required('USERNAME', parameters.USERNAME)
      checkSecretHash(client, username, parameters.SECRET_HASH)
      return username
    }
    switch (flow) {
      case 'USER_PASSWORD_AUTH':
        checkFlow(client, flow)
        return signIn.byPassword(pool, client, name(), required('PASSWORD', parameters.PASSWORD))
      case 'ADMIN_NO_SRP_AUTH':
      case 'ADMIN_USER_PASSWORD_AUTH':
        checkFlow(client, 'ADMIN_USER_PASSWORD_AUTH')
        return signIn.byPassword(pool, client, name(), required('PASSWORD', parameters.PASSWORD))
      case 'USER_SRP_AUTH':
        checkFlow(client, flow)
        return srp.begin(pool, client, name(), required('SRP_A', parameters.SRP_A))
      case 'REFRESH_TOKEN':
      case 'REFRESH_TOKEN_AUTH': {
        checkFlow(client, 'REFRESH_TOKEN_AUTH')
        const token = required('REFRESH_TOKEN', parameters.REFRESH_TOKEN)
        const { user, renew } = tokens.refresh(pool, client, token)
        checkSecretHash(client, user.username, parameters.SECRET_HASH)
        return { ChallengeParameters: {}, AuthenticationResult: renew() }
      }
      case 'CUSTOM_AUTH':
      case 'USER_AUTH':
        throw notImplemented('cognito-idp', `InitiateAuth with ${flow}`)
      default:
        throw invalidParameter(`'${flow}' is not an auth flow`)
    }
  }

  function respond(
    pool: PoolRecord,
    client: ClientRecord,
    input: RespondToAuthChallengeRequest | AdminRespondToAuthChallengeRequest,
  ): InitiateAuthResponse | Promise<InitiateAuthResponse> {
    const challenge = required('ChallengeName', input.ChallengeName)
    const responses = input.ChallengeResponses ?? {}
    const username = required('USERNAME', responses.USERNAME)
    checkSecretHash(client, username, responses.SECRET_HASH)
    return challenges(pool, client, challenge, { ...responses, USERNAME: username }, input.Session)
  }

  function getTokensFromRefreshToken(
    input: GetTokensFromRefreshTokenRequest,
  ): GetTokensFromRefreshTokenResponse {
    const client = pools.client(required('ClientId', input.ClientId))
    checkSecret(client, input.ClientSecret)
    if (client.settings.RefreshTokenRotation?.Feature !== 'ENABLED') checkFlow(client, 'REFRESH_TOKEN_AUTH')
    const { renew } = tokens.refresh(
      pools.pool(client.poolId),
      client,
      required('RefreshToken', input.RefreshToken),
    )
    return { AuthenticationResult: renew() }
  }

  function revokeToken(input: RevokeTokenRequest): object {
    const client = pools.client(required('ClientId', input.ClientId))
    try {
      checkSecret(client, input.ClientSecret)
    } catch {
      throw cognitoError('UnauthorizedException', `Unable to verify secret for client ${client.id}`)
    }
    tokens.revoke(client, required('Token', input.Token))
    return {}
  }

  return {
    InitiateAuth: initiateAuth,
    AdminInitiateAuth: adminInitiateAuth,
    RespondToAuthChallenge: (input: RespondToAuthChallengeRequest) => {
      const client = pools.client(required('ClientId', input.ClientId))
      return respond(pools.pool(client.poolId), client, input)
    },
    AdminRespondToAuthChallenge: (input: AdminRespondToAuthChallengeRequest) => {
      const pool = pools.pool(input.UserPoolId)
      return respond(pool, pools.client(required('ClientId', input.ClientId), pool.id), input)
    },
    GetTokensFromRefreshToken: getTokensFromRefreshToken,
    RevokeToken: revokeToken,
  }
}
