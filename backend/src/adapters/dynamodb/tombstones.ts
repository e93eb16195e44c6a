import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { keys } from './keys.ts'
import { isConditionFailure, type Table } from './table.ts'
import { userItems } from './user-items.ts'

/** The UUIDs of samples that their owner deleted: whatever comes under one of them, ever, is not stored. */
export interface Tombstones {
  size: number
  /** @param uuid in either case */
  has(uuid: string): boolean
  /** Those of these that `other` lacks, in lower case. */
  except(other: Tombstones): string[]
}

/** UUIDs in one item: 32 KB, so that one more costs 32 write units at most. */
const PER_PART = 2000
const ATTEMPTS = 8

/** All tombstones of a user. One read for most; a unit for every 250 deletions for the others. */
export async function readTombstones(table: Table, userId: string): Promise<Tombstones> {
  return toTombstones(await readParts(table, userId))
}

/** Adds tombstones; durable when it resolves, and the same however often it is repeated. */
export async function addTombstones(table: Table, userId: string, uuids: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const parts = await readParts(table, userId)
    const known = toTombstones(parts)
    const fresh = [...new Set(uuids.map(uuid => uuid.toLowerCase()))].filter(uuid => !known.has(uuid))
    try {
      await append(table, userId, parts, fresh)
      return
    } catch (error) {
      if (!isConditionFailure(error)) throw error
      if (attempt === ATTEMPTS)
        throw new Error(`other writers kept changing the tombstones; ${attempt} attempts`, { cause: error })
    }
  }
}

interface Part {
  part: number
  version: number
  data: Buffer
}

async function append(table: Table, userId: string, parts: Part[], uuids: string[]): Promise<void> {
  let { part, version, data } = parts.at(-1) ?? { part: 0, version: 0, data: Buffer.alloc(0) }
  for (let rest = uuids; rest.length > 0; ) {
    const room = Math.max(0, PER_PART - data.length / 16)
    const taken = rest.slice(0, room)
    rest = rest.slice(room)
    const all = Buffer.concat([data, Buffer.from(taken.map(hexOf).join(''), 'hex')])
    await table.client.send(
      new PutCommand({
        TableName: table.tableName,
        Item: { pk: keys.user(userId), sk: keys.tombstones(part), version: version + 1, data: all },
        ConditionExpression: version === 0 ? 'attribute_not_exists(pk)' : 'version = :before',
        ...(version > 0 && { ExpressionAttributeValues: { ':before': version } }),
      }),
    )
    part++
    version = 0
    data = Buffer.alloc(0)
  }
}

async function readParts(table: Table, userId: string): Promise<Part[]> {
  const parts: Part[] = []
  for await (const { sk, version, data } of userItems(table, userId, keys.tombstones())) {
    const [, part = ''] = sk.split('#')
    parts.push({ part: Number(part), version: Number(version), data: Buffer.from(data as Uint8Array) })
  }
  return parts
}

function toTombstones(parts: readonly Part[]): Tombstones {
  const known = new Set<string>()
  for (const { data } of parts)
    for (let at = 0; at < data.length; at += 16) known.add(data.toString('hex', at, at + 16))
  return {
    size: known.size,
    has: uuid => known.size > 0 && known.has(hexOf(uuid)),
    except: other => [...known].map(uuidOf).filter(uuid => !other.has(uuid)),
  }
}

function uuidOf(h: string): string {
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
}

function hexOf(uuid: string): string {
  return uuid.toLowerCase().replaceAll('-', '')
}
