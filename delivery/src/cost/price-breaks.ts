import type { Environment } from '@clarity/environments'
import type { Inventory } from './inventory.ts'
import { loadOf } from './load.ts'
import { COGNITO_FREE, HOURS, PRICES } from './prices.ts'
import type { Usage } from './usage-model.ts'

/** Where more users change a price, or the cheaper choice. */
export interface PriceBreak {
  what: string
  arithmetic: string
  users: number
}

/** Tiers that AWS's price pages name, in GB; the estimate keeps the first price beyond them. */
const STANDARD_TIER = 50_000
const TRANSFER_TIER = 10_000

/** Pure: each tier divided by what one user adds to it. */
export function priceBreaks(environment: Environment, inventory: Inventory, usage: Usage): PriceBreak[] {
  const thousand = loadOf(environment, 1000, usage)
  const warm = (thousand.rawGb / 1000) * Math.min(usage.months, inventory.coldAfterDays / 30)
  const out = thousand.answersGb / 1000
  const gap = PRICES.natByte.usd - PRICES.endpointByte.usd
  const inside = HOURS * PRICES.endpointHour.usd
  const logs = thousand.logsGb / 1000
  const zones = environment.network.zones.length
  return [
    {
      what: 'Cognito Essentials and Lite begin to cost (Plus does from the first)',
      arithmetic: `${COGNITO_FREE.toLocaleString('en')} are free`,
      users: COGNITO_FREE,
    },
    {
      what: 'S3 Standard 0.022 instead of 0.023',
      arithmetic: `50 TB ÷ ${(warm * 1000).toFixed(0)} MB`,
      users: STANDARD_TIER / warm,
    },
    {
      what: 'data to the internet 0.085 instead of 0.09',
      arithmetic: `10 TB ÷ ${(out * 1000).toFixed(0)} MB a month`,
      users: TRANSFER_TIER / out,
    },
    {
      what: 'an endpoint for logs cheaper than NAT',
      arithmetic: `${zones} zones × ${inside.toFixed(2)} ÷ ${gap.toFixed(3)} a GB ÷ ${(logs * 1000).toFixed(2)} MB a month`,
      users: (zones * inside) / gap / logs,
    },
  ]
}
