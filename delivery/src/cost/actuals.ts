import { CostExplorerClient, GetCostAndUsageCommand } from '@aws-sdk/client-cost-explorer'
import { clientConfig } from '../aws/clients.ts'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'

/** What a period did cost, by service, most first; USD, unblended. */
export interface Actual {
  /** First day, and the day after the last one. */
  from: string
  to: string
  services: { service: string; usd: number }[]
  total: number
}

/** The last full month, and this one up to yesterday: Cost Explorer's periods end before their last day. */
export function periods(now: Date): { from: string; to: string }[] {
  const day = (date: number) => new Date(date).toISOString().slice(0, 10)
  const year = now.getUTCFullYear()
  const month = now.getUTCMonth()
  const first = Date.UTC(year, month, 1)
  const today = day(now.getTime())
  return [
    { from: day(Date.UTC(year, month - 1, 1)), to: day(first) },
    ...(today === day(first) ? [] : [{ from: day(first), to: today }]),
  ]
}

/**
 * What the environment did cost, by the tag `env`, which must be activated for cost allocation. Each page costs USD 0.01.
 * @throws ClarityError `no_account` where no Cost Explorer answers
 */
export async function readActuals(access: Access, environment: string, now: Date): Promise<Actual[]> {
  // its one endpoint is in us-east-1
  const client = new CostExplorerClient(clientConfig({ ...access, region: 'us-east-1' }))
  const actuals: Actual[] = []
  for (const { from, to } of periods(now)) {
    const sums = new Map<string, number>()
    let NextPageToken: string | undefined
    do {
      const page = await client
        .send(
          new GetCostAndUsageCommand({
            TimePeriod: { Start: from, End: to },
            Granularity: 'MONTHLY',
            Metrics: ['UnblendedCost'],
            GroupBy: [{ Type: 'DIMENSION', Key: 'SERVICE' }],
            Filter: { Tags: { Key: 'env', Values: [environment] } },
            NextPageToken,
          }),
        )
        .catch((error: Error & { $metadata?: { httpStatusCode?: number } }) => {
          if (error.$metadata?.httpStatusCode !== 501) throw error
          throw noAccount(environment, error)
        })
      for (const { Groups = [] } of page.ResultsByTime ?? [])
        for (const { Keys: [service = ''] = [], Metrics } of Groups)
          sums.set(service, (sums.get(service) ?? 0) + Number(Metrics?.UnblendedCost?.Amount ?? 0))
      NextPageToken = page.NextPageToken
    } while (NextPageToken)
    const services = [...sums].map(([service, usd]) => ({ service, usd })).sort((a, b) => b.usd - a.usd)
    actuals.push({ from, to, services, total: services.reduce((sum, { usd }) => sum + usd, 0) })
  }
  return actuals
}

/** The laptop's AWS bills nobody. */
export function noAccount(environment: string, cause?: unknown): ClarityError {
  return new ClarityError(
    'no_account',
    `${environment} runs on the local cloud, which has no bill: there is no Cost Explorer`,
    'leave out --actual for an estimate, or name an environment of an AWS account',
    { cause },
  )
}
