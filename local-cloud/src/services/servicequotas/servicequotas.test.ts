import {
  GetAWSDefaultServiceQuotaCommand,
  GetRequestedServiceQuotaChangeCommand,
  GetServiceQuotaCommand,
  ListServiceQuotasCommand,
  RequestServiceQuotaIncreaseCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createServiceQuotas } from './servicequotas.ts'

let cloud: TestCloud
let client: ServiceQuotasClient
const ADDRESSES = { ServiceCode: 'ec2', QuotaCode: 'L-0263D0A3' }
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createServiceQuotas] })
  client = new ServiceQuotasClient(cloud.client)
})
afterAll(() => cloud.dispose())

test('tells a quota, and raises it when asked for more', async () => {
  const value = async () => (await client.send(new GetServiceQuotaCommand(ADDRESSES))).Quota?.Value
  expect(await value()).toBe(5)
  const raise = (DesiredValue: number) =>
    client.send(new RequestServiceQuotaIncreaseCommand({ ...ADDRESSES, DesiredValue }))
  await expect(raise(5)).rejects.toMatchObject({ name: 'IllegalArgumentException' })
  const { RequestedQuota } = await raise(12)
  expect(RequestedQuota).toMatchObject({ Status: 'APPROVED', DesiredValue: 12, Created: expect.any(Date) })
  expect(await value()).toBe(12)
  const standard = await client.send(new GetAWSDefaultServiceQuotaCommand(ADDRESSES))
  expect(standard.Quota?.Value).toBe(5)
  const asked = await client.send(
    new GetRequestedServiceQuotaChangeCommand({ RequestId: RequestedQuota?.Id }),
  )
  expect(asked.RequestedQuota).toEqual(RequestedQuota)
})

test('lists a service by pages, and refuses what it does not know', async () => {
  const first = await client.send(new ListServiceQuotasCommand({ ServiceCode: 'vpc', MaxResults: 2 }))
  const rest = await client.send(
    new ListServiceQuotasCommand({ ServiceCode: 'vpc', MaxResults: 2, NextToken: first.NextToken }),
  )
  expect([...(first.Quotas ?? []), ...(rest.Quotas ?? [])].map(({ QuotaCode }) => QuotaCode)).toEqual([
    'L-F678F1CE',
    'L-FE5A380F',
    'L-DF5E4CA3',
  ])
  await expect(
    client.send(new GetServiceQuotaCommand({ ...ADDRESSES, QuotaCode: 'L-0' })),
  ).rejects.toMatchObject({ name: 'NoSuchResourceException' })
  await expect(client.send(new ListServiceQuotasCommand({ ServiceCode: 'xyz' }))).rejects.toMatchObject({
    name: 'NoSuchResourceException',
  })
})
