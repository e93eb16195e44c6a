import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type Environment, namesOf } from '@clarity/environments'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** Who changes an environment, or changed it last: the one lock item that it has. */
export interface LockItem {
  environment: string
  /** Grows by one at every acquisition and never falls: the item is freed, not deleted. */
  version: number
  state: 'held' | 'free'
  /** Tells one acquisition from every other; known to its holder alone. */
  token: string
  who: string
  host: string
  commit: string
  why: string
  /** When it was acquired, in ms since the epoch. */
  since: number
  /** When others may take it over, in ms since the epoch. */
  leaseUntil: number
}

/** One line for whoever asks later why a lock ended before its time. */
export interface LockAudit {
  what: 'unlocked by force'
  who: string
  host: string
  at: number
}

/** The writes of a lock: each happens as a whole and only if nobody came between. */
export interface LockTable {
  read(environment: string): Promise<LockItem | undefined>
  /** Puts `item` where still exactly `seen` is. @returns false when something else is there now */
  swap(item: LockItem, seen: LockItem | undefined): Promise<boolean>
  /** Lengthens the lease of the acquisition that has `token`. @returns false when another has the lock */
  renew(held: LockItem, leaseUntil: number): Promise<boolean>
  /** Frees the lock of the acquisition that has `token`; repeating it does no harm. */
  free(held: LockItem): Promise<boolean>
  /** Frees a lock whoever has it, and leaves an audit line: both or neither. */
  freeByForce(seen: LockItem, audit: LockAudit): Promise<boolean>
}

/** How long a line about a broken lock is kept: six years, 45 CFR 164.316(b)(2)(i). */
const AUDIT_SECONDS = 2192 * 86_400

/** The lock table of an environment. @throws ClarityError `infra_missing` where there is none */
export function createLockTable(access: Access, environment: Environment): LockTable {
  const client = new DynamoDBClient(clientConfig(access))
  const TableName = namesOf(environment).lockTable
  const Key = (name: string) => ({ pk: { S: name } })

  return {
    read: name =>
      orMissing(async () => {
        const { Item } = await client.send(
          new GetItemCommand({ TableName, Key: Key(name), ConsistentRead: true }),
        )
        return Item && itemOf(Item)
      }),
    swap: (item, seen) =>
      conditional(() =>
        client.send(
          new PutItemCommand({
            TableName,
            Item: attributesOf(item),
            ...(seen ? unchanged(seen) : { ConditionExpression: 'attribute_not_exists(pk)' }),
          }),
        ),
      ),
    renew: (held, leaseUntil) =>
      conditional(() =>
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: Key(held.environment),
            UpdateExpression: 'SET lease_until = :until',
            ConditionExpression: 'version = :version AND #token = :token AND #state = :held',
            ExpressionAttributeNames: { '#token': 'token', '#state': 'state' },
            ExpressionAttributeValues: {
              ':until': { N: String(leaseUntil) },
              ':held': { S: 'held' },
              ...own(held),
            },
          }),
        ),
      ),
    free: held =>
      conditional(() =>
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: Key(held.environment),
            UpdateExpression: 'SET #state = :free',
            ConditionExpression: 'version = :version AND #token = :token',
            ExpressionAttributeNames: { '#token': 'token', '#state': 'state' },
            ExpressionAttributeValues: { ':free': { S: 'free' }, ...own(held) },
          }),
        ),
      ),
    freeByForce: (seen, audit) =>
      conditional(() =>
        client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              {
                Put: {
                  TableName,
                  // a token of nobody's: the holder's own renewals and releases fail from here on
                  Item: attributesOf({ ...seen, state: 'free', token: 'none' }),
                  ...unchanged(seen),
                },
              },
              { Put: { TableName, Item: auditItem(seen, audit) } },
            ],
          }),
        ),
      ),
  }

  async function conditional(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await orMissing(write)
      return true
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false
      if (
        error instanceof TransactionCanceledException &&
        error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed')
      )
        return false
      throw error
    }
  }

  async function orMissing<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if ((error as Error).name !== 'ResourceNotFoundException') throw error
      throw new ClarityError(
        'infra_missing',
        `there is no lock table ${TableName}`,
        `deploy the stacks first: clarity infra deploy ${environment.name}`,
        { exitCode: EXIT.preflightFailed, cause: error },
      )
    }
  }
}

function own({ version, token }: LockItem): Record<string, AttributeValue> {
  return { ':version': { N: String(version) }, ':token': { S: token } }
}

/** Holds while the item is exactly what was read: a renewal in between counts as a change. */
function unchanged(seen: LockItem) {
  return {
    ConditionExpression:
      'version = :version AND #token = :token AND #state = :state AND lease_until = :until',
    ExpressionAttributeNames: { '#token': 'token', '#state': 'state' },
    ExpressionAttributeValues: {
      ...own(seen),
      ':state': { S: seen.state },
      ':until': { N: String(seen.leaseUntil) },
    },
  }
}

function attributesOf(item: LockItem): Record<string, AttributeValue> {
  return {
    pk: { S: item.environment },
    version: { N: String(item.version) },
    state: { S: item.state },
    token: { S: item.token },
    who: { S: item.who },
    host: { S: item.host },
    commit: { S: item.commit },
    why: { S: item.why },
    since: { N: String(item.since) },
    lease_until: { N: String(item.leaseUntil) },
  }
}

function itemOf(attributes: Record<string, AttributeValue>): LockItem {
  const text = (name: string) => attributes[name]?.S ?? ''
  const number = (name: string) => Number(attributes[name]?.N)
  return {
    environment: text('pk'),
    version: number('version'),
    state: text('state') === 'held' ? 'held' : 'free',
    token: text('token'),
    who: text('who'),
    host: text('host'),
    commit: text('commit'),
    why: text('why'),
    since: number('since'),
    leaseUntil: number('lease_until'),
  }
}

function auditItem(seen: LockItem, audit: LockAudit): Record<string, AttributeValue> {
  return {
    pk: { S: `audit/${seen.environment}/${seen.version}/${audit.at}` },
    what: { S: audit.what },
    who: { S: audit.who },
    host: { S: audit.host },
    at: { S: new Date(audit.at).toISOString() },
    held_by: { S: `${seen.who} on ${seen.host}` },
    held_for: { S: seen.why },
    held_since: { S: new Date(seen.since).toISOString() },
    expires_at: { N: String(Math.floor(audit.at / 1000) + AUDIT_SECONDS) },
  }
}
