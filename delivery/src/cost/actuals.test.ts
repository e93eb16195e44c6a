import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startTestCloud } from '../../../local-cloud/src/testing.ts'
import { periods, readActuals } from './actuals.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'test' }

test('periods are the last full month and this one up to yesterday', () => {
  expect(periods(NOW)).toEqual([
    { from: '2026-10-01', to: '2026-11-01' },
    { from: '2026-11-01', to: '2026-11-24' },
  ])
  expect(periods(new Date('2027-01-01T03:00:00Z'))).toEqual([{ from: '2026-12-01', to: '2027-01-01' }])
})

test('adds up the pages of Cost Explorer by service, for one environment', async () => {
  const asked: { Filter: object; TimePeriod: { Start: string }; NextPageToken?: string }[] = []
  const group = (service: string, Amount: string) => ({
    Keys: [service],
    Metrics: { UnblendedCost: { Amount, Unit: 'USD' } },
  })
  const server = createServer(async (request, response) => {
    const input = JSON.parse(Buffer.concat(await request.toArray()).toString())
    asked.push(input)
    const more = input.NextPageToken === undefined
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    response.end(
      JSON.stringify({
        ResultsByTime: [{ Groups: more ? [group('Amazon DynamoDB', '1.25')] : [group('AWS Backup', '9.5')] }],
        ...(more && { NextPageToken: 'more' }),
      }),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const actuals = await readActuals({ region: 'us-east-1', endpoint, credentials }, 'prod', NOW)
  server.close()
  expect(actuals[1]).toEqual({
    from: '2026-11-01',
    to: '2026-11-24',
    services: [
      { service: 'AWS Backup', usd: 9.5 },
      { service: 'Amazon DynamoDB', usd: 1.25 },
    ],
    total: 10.75,
  })
  expect(asked).toHaveLength(4)
  expect(asked[0]?.Filter).toEqual({ Tags: { Key: 'env', Values: ['prod'] } })
})

test('where no Cost Explorer is there, that is said', async () => {
  const cloud = await startTestCloud({ services: [] })
  const { endpoint } = cloud
  await expect(readActuals({ region: 'us-east-1', endpoint, credentials }, 'dev', NOW)).rejects.toMatchObject(
    {
      code: 'no_account',
    },
  )
  await cloud.dispose()
})
