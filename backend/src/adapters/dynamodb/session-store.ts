import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { keys } from './keys.ts'
import { tableOf } from './table.ts'
import { stampOnce, userItems } from './user-items.ts'

/** A sign-in, with every token renewed from it. */
export interface Session {
  /** Cognito's `origin_jti`. */
  id: string
  /** RFC 3339. */
  startedAt: string
  lastUsedAt: string
  /** What the client calls itself. */
  userAgent?: string
  endedAt?: string
}

/**
 * Our own record of sessions, since Cognito lists none: each is noted when its token is first seen here, however it was
 * got, and again while it is used.
 */
export interface SessionStore {
  /** Notes that a session is in use. @returns the session as it stands, which may have ended */
  touch(userId: string, session: Omit<Session, 'endedAt'>): Promise<Session>
  list(userId: string): Promise<Session[]>
  /** @returns whether there is such a session */
  end(userId: string, id: string, at: string): Promise<boolean>
  /** Ends every session that began before this second, those never seen here included. */
  endAll(userId: string, at: string): Promise<void>
  /** When that was last. */
  endedAllAt(userId: string): Promise<string | undefined>
}

/** A refresh token is good for 30 days from sign-in; what has not been used for longer cannot come back. */
const KEPT_SECONDS = 31 * 24 * 3600

export function createSessionStore(deps: { client: DynamoDBClient; tableName: string }): SessionStore {
  const table = tableOf(deps)
  const { client, tableName: TableName } = table
  const keyOf = (userId: string, sk: string) => ({ pk: keys.user(userId), sk })
  const expiry = (at: string) => Math.ceil(Date.parse(at) / 1000) + KEPT_SECONDS

  async function list(userId: string): Promise<Session[]> {
    const items = await Array.fromAsync(userItems(table, userId, keys.session()))
    return items.map(toSession)
  }

  const end = (userId: string, id: string, at: string) =>
    stampOnce(table, userId, keys.session(id), 'endedAt', at)

  return {
    list,
    end,
    touch: async (userId, { id, startedAt, lastUsedAt, userAgent = 'unknown' }) => {
      const { Attributes = {} } = await client.send(
        new UpdateCommand({
          TableName,
          Key: keyOf(userId, keys.session(id)),
          UpdateExpression:
            'SET startedAt = if_not_exists(startedAt, :started), lastUsedAt = :used, userAgent = :agent, expires_at = :expiry',
          ExpressionAttributeValues: {
            ':started': startedAt,
            ':used': lastUsedAt,
            ':agent': userAgent,
            ':expiry': expiry(lastUsedAt),
          },
          ReturnValues: 'ALL_NEW',
        }),
      )
      return toSession(Attributes)
    },
    endAll: async (userId, at) => {
      const Item = { ...keyOf(userId, keys.signedOut), at, expires_at: expiry(at) }
      await client.send(new PutCommand({ TableName, Item }))
      const open = (await list(userId)).filter(({ endedAt }) => endedAt === undefined)
      await Promise.all(open.map(({ id }) => end(userId, id, at)))
    },
    endedAllAt: async userId => {
      const Key = keyOf(userId, keys.signedOut)
      const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }))
      return Item?.at as string | undefined
    },
  }
}

function toSession(item: Record<string, unknown>): Session {
  const { sk, startedAt, lastUsedAt, userAgent, endedAt } = item as unknown as Session & { sk: string }
  const id = sk.slice(keys.session().length)
  return { id, startedAt, lastUsedAt, userAgent, ...(endedAt !== undefined && { endedAt }) }
}
