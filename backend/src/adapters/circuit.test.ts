import { DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { breakCircuits, CircuitOpen } from './circuit.ts'

test('an operation that fails in a row is left alone for a moment, then tried once', async () => {
  let now = 0
  let asked = 0
  let answer: () => Promise<never> = () =>
    Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' }))
  const client = breakCircuits(
    new DynamoDBClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
      requestHandler: {
        handle: () => {
          asked++
          return answer()
        },
      },
    }),
    { service: 'dynamodb', except: ['ListTablesCommand'], failures: 3, openMs: 1000, now: () => now },
  )
  const get = () =>
    client.send(new GetItemCommand({ TableName: 'data', Key: { pk: { S: 'a' } } })).catch(e => e)
  for (let i = 0; i < 3; i++) expect((await get()).code).toBe('ECONNREFUSED')
  expect(await get()).toBeInstanceOf(CircuitOpen)
  expect(asked).toBe(3)
  await client.send(new ListTablesCommand()).catch(() => {})
  expect(asked).toBe(4)
  now = 1000
  expect((await get()).code).toBe('ECONNREFUSED')
  expect(await get()).toBeInstanceOf(CircuitOpen)
  // What the service itself refuses shows that it is well.
  now = 2000
  const refused = Object.assign(new Error('no'), { name: 'X', $metadata: { httpStatusCode: 400 } })
  answer = () => Promise.reject(refused)
  for (let i = 0; i < 5; i++) expect(await get()).not.toBeInstanceOf(CircuitOpen)
})
