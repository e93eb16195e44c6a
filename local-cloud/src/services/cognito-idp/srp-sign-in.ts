import { createHmac } from 'node:crypto'
import type { InitiateAuthResponse } from '@aws-sdk/client-cognito-identity-provider'
import { invalidParameter, required, wrongPassword } from './cognito-errors.ts'
import type { ClientRecord, PoolRecord } from './records.ts'
import type { SignIn } from './sign-in.ts'
import { beginExchange, type SrpVerifier, verifyProof } from './srp.ts'
import { signInAttributes } from './users.ts'
import type { World } from './world.ts'

/** Sign-in by Secure Remote Password: the password never travels. */
export function createSrpSignIn(world: World, signIn: SignIn) {
  const { context, users, sessions, lockout } = world
  const { clock } = context

  function begin(
    pool: PoolRecord,
    client: ClientRecord,
    name: string,
    clientPublic: string,
  ): InitiateAuthResponse {
    const user = users.find(pool, name)
    if (!user && client.settings.PreventUserExistenceErrors !== 'ENABLED') throw signIn.unknownUser(client)
    const made = pretend(pool, name)
    const verifier = user?.password ?? made.verifier
    const username = user?.username ?? made.username
    const exchange = beginExchange(clientPublic, verifier)
    if (!exchange) throw invalidParameter('SRP_A is not a public value of the 3072-bit group')
    const secretBlock = sessions.open(
      {
        challenge: 'PASSWORD_VERIFIER',
        poolId: pool.id,
        clientId: client.id,
        username,
        sub: user?.sub ?? '',
        startedAt: clock.now(),
        srp: { exchange, verifier: { srpSalt: verifier.srpSalt, srpVerifier: verifier.srpVerifier } },
        wrong: 0,
      },
      client.settings.AuthSessionValidity ?? 3,
    )
    return {
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeParameters: {
        SALT: verifier.srpSalt,
        SECRET_BLOCK: secretBlock,
        SRP_B: exchange.serverPublic,
        USERNAME: username,
        USER_ID_FOR_SRP: username,
      },
    }
  }

  function verify(
    pool: PoolRecord,
    client: ClientRecord,
    responses: Record<string, string>,
  ): Promise<InitiateAuthResponse> | InitiateAuthResponse {
    const secretBlock = required('PASSWORD_CLAIM_SECRET_BLOCK', responses.PASSWORD_CLAIM_SECRET_BLOCK)
    const signature = required('PASSWORD_CLAIM_SIGNATURE', responses.PASSWORD_CLAIM_SIGNATURE)
    const timestamp = required('TIMESTAMP', responses.TIMESTAMP)
    const session = sessions.take(secretBlock, {
      challenge: 'PASSWORD_VERIFIER',
      poolId: pool.id,
      clientId: client.id,
    })
    const user = users.find(pool, session.username)
    const proof = () => {
      const { exchange, verifier } = session.srp as NonNullable<typeof session.srp>
      const identity = { poolName: pool.id.split('_')[1] as string, userId: session.username }
      return verifyProof(identity, verifier, exchange, { secretBlock, timestamp, signature })
    }
    if (!user || user.sub !== session.sub) {
      proof()
      throw wrongPassword()
    }
    return lockout.attempt(pool, user, async () => {
      const current = users.get(pool, user.username)
      const unchanged = current.password?.srpVerifier === session.srp?.verifier.srpVerifier
      if (!proof() || !unchanged) {
        lockout.fail(pool, current)
        throw wrongPassword()
      }
      return signIn.afterPassword({ pool, client, user: current, startedAt: session.startedAt })
    })
  }

  return { begin, verify }
}

/**
 * What a user who does not exist would look like: the same name gets the same salt and id every time
 * (Cognito guide, "Managing user existence error responses"; RFC 5054, 2.5.1.3).
 */
function pretend(pool: PoolRecord, name: string): { username: string; verifier: SrpVerifier } {
  const mac = (label: string) =>
    createHmac('sha256', pool.privateKey).update(`${label}/${name}`).digest('hex')
  const id = mac('id')
  const uuid = [
    id.slice(0, 8),
    id.slice(8, 12),
    `4${id.slice(13, 16)}`,
    `a${id.slice(17, 20)}`,
    id.slice(20, 32),
  ]
  return {
    username: signInAttributes(pool).length > 0 ? uuid.join('-') : name,
    verifier: {
      srpSalt: BigInt(`0x${mac('salt').slice(0, 32)}`).toString(16),
      srpVerifier: Array.from({ length: 11 }, (_, i) => mac(`verifier ${i}`)).join(''),
    },
  }
}
