import type { Environment } from '@clarity/environments'
import { estimate } from './estimate.ts'
import { takeInventory } from './inventory.ts'
import { money } from './report.ts'

type Template = Record<string, unknown>

/** How the month of an environment changes with its templates, in USD at the same number of users. */
export interface CostChange {
  users: number
  before: number
  after: number
  /** Services whose month changes, the largest change first. */
  services: { service: string; before: number; after: number }[]
}

/**
 * The estimate of the templates that are applied against the estimate of those that would be. Pure.
 * @param before none where nothing was applied yet
 */
export function compareCosts(
  environment: Environment,
  before: Template[],
  after: Template[],
  users: number,
): CostChange {
  const of = (templates: Template[]) =>
    templates.length === 0 ? undefined : estimate(environment, takeInventory(environment, templates), users)
  const [old, now] = [of(before), of(after)]
  const usdOf = (from: typeof old, name: string) =>
    from?.lines.filter(({ service }) => service === name).reduce((sum, { usd }) => sum + usd, 0) ?? 0
  const names = new Set([...(old?.lines ?? []), ...(now?.lines ?? [])].map(({ service }) => service))
  return {
    users,
    before: old?.total ?? 0,
    after: now?.total ?? 0,
    services: [...names]
      .map(service => ({ service, before: usdOf(old, service), after: usdOf(now, service) }))
      .filter(each => Math.abs(each.after - each.before) >= 0.005)
      .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before)),
  }
}

/** The change for a person: one line where nothing changes, else one a service. */
export function costChangeLines({ users, before, after, services }: CostChange): string[] {
  const month = `${money(after)} USD a month at ${users.toLocaleString('en')} users`
  if (services.length === 0) return [`the estimated cost stays: ${month}`]
  return [
    `the estimated cost goes by ${signed(after - before)} to ${month}`,
    ...services.map(each => `  ${each.service} ${signed(each.after - each.before)} to ${money(each.after)}`),
  ]
}

function signed(usd: number): string {
  return `${usd < 0 ? '-' : '+'}${money(Math.abs(usd))}`
}
