import type { ServiceContext } from '../../core/service.ts'
import { type Codes, createCodes } from './codes.ts'
import { createLockout, type Lockout } from './lockout.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { createPools, type Pools } from './pools.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { createUsers, type Users } from './users.ts'

/** The parts that Cognito's operations share. */
export interface World {
  context: ServiceContext
  pools: Pools
  users: Users
  sessions: Sessions
  tokens: Tokens
  lockout: Lockout
  codes: Codes
  outbox: Outbox
}

export function createWorld(context: ServiceContext): World {
  const { clock } = context
  const pools = createPools(context)
  const users = createUsers(context)
  const outbox = createOutbox(context)
  const lockout = createLockout(users, clock)
  return {
    context,
    pools,
    users,
    outbox,
    lockout,
    sessions: createSessions(clock),
    tokens: createTokens(context, pools, users),
    codes: createCodes(users, lockout, outbox, clock),
  }
}
