import assert from 'node:assert/strict'
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListServiceQuotasCommand,
  RequestServiceQuotaIncreaseCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas'
import { casesOf, has, refused, type Suite } from '../suite.ts'

const says = casesOf('servicequotas/2019-06-24/apireference/')
const VPCS = { ServiceCode: 'vpc', QuotaCode: 'L-F678F1CE' }

/** Service Quotas: what an account may use. */
export const servicequotas: Suite = {
  service: 'servicequotas',
  cases: ({ config }) => {
    const client = new ServiceQuotasClient(config)
    return [
      says('/vpc/latest/userguide/amazon-vpc-limits.html', 'a region has five VPCs by default', async () => {
        const { Quota } = await client.send(new GetAWSDefaultServiceQuotaCommand(VPCS))
        has(Quota, { QuotaName: 'VPCs per Region', Value: 5, Adjustable: true })
      }),
      says('API_GetServiceQuota.html', 'a quota that does not exist is refused', async () => {
        const none = new GetServiceQuotaCommand({ ...VPCS, QuotaCode: 'L-00000000' })
        await refused(client.send(none), 'NoSuchResourceException', 400)
      }),
      says('API_ListServiceQuotas.html', 'the quotas of a service are listed by pages', async () => {
        const page = await client.send(new ListServiceQuotasCommand({ ServiceCode: 'vpc', MaxResults: 1 }))
        assert.equal(page.Quotas?.length, 1)
        assert.ok(page.NextToken)
      }),
      says('API_RequestServiceQuotaIncrease.html', 'an increase must be one', async () => {
        const less = new RequestServiceQuotaIncreaseCommand({ ...VPCS, DesiredValue: 1 })
        await refused(client.send(less), 'IllegalArgumentException', 400)
      }),
    ]
  },
}
