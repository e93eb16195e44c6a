import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { S3Client } from '@aws-sdk/client-s3'

/** What the table and the bucket were asked; units as DynamoDB itself counts them. */
export interface Spent {
  requests: number
  writeUnits: number
  readUnits: number
  puts: number
  gets: number
}

/** Makes both clients count. @returns takes what was spent since it was called last */
export function count({ dynamodb, s3 }: { dynamodb: DynamoDBClient; s3: S3Client }): () => Spent {
  let spent = nothing()
  dynamodb.middlewareStack.add(
    (next, { commandName = '' }) =>
      async args => {
        const input = { ...(args.input as object), ReturnConsumedCapacity: 'TOTAL' }
        const result = await next({ ...args, input } as typeof args)
        spent.requests++
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Units | Units[] }
        const kind = /Get|Query|Scan/.test(commandName) ? 'readUnits' : 'writeUnits'
        for (const { CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat()) spent[kind] += CapacityUnits
        return result
      },
    { step: 'initialize' },
  )
  s3.middlewareStack.add(
    (next, { commandName }) =>
      async args => {
        if (commandName === 'PutObjectCommand') spent.puts++
        else spent.gets++
        return next(args)
      },
    { step: 'initialize' },
  )
  return () => {
    const taken = spent
    spent = nothing()
    return taken
  }
}

interface Units {
  CapacityUnits?: number
}

function nothing(): Spent {
  return { requests: 0, writeUnits: 0, readUnits: 0, puts: 0, gets: 0 }
}
