import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** The account's limits. */
export interface Quotas {
  /** The value in force. @throws whatever Service Quotas answers when it does not know */
  value(serviceCode: string, quotaCode: string): Promise<number>
}

export function createQuotas(access: Access): Quotas {
  const client = new ServiceQuotasClient(clientConfig(access))
  return {
    value: async (ServiceCode, QuotaCode) => {
      const { Quota } = await client.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }))
      if (Quota?.Value === undefined) throw new Error(`the quota ${ServiceCode}/${QuotaCode} has no value`)
      return Quota.Value
    },
  }
}
