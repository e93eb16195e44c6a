import type { Estimate } from './estimate.ts'
import { PRICED, PRICES, type Price } from './prices.ts'
import { USAGE } from './usage-model.ts'

/** The estimate for a person: services by cost, the total, what is saved, what would save most, and what it rests on. */
export function report({
  environment,
  users,
  lines,
  total,
  perUser,
  savings,
  levers,
  geminiIfAsked,
}: Estimate): string {
  const width = Math.max(...lines.map(({ service }) => service.length))
  const line = (name: string, usd: number, more = '') =>
    `${name.padEnd(width)} ${money(usd).padStart(14)}${more && `   ${more}`}`
  const [lever] = levers
  const count = (wanted: Price['from']) => Object.values(PRICES).filter(({ from }) => from === wanted).length
  return [
    `${environment}, ${users.toLocaleString('en')} active users: an estimate in USD a month`,
    '',
    ...[...lines].sort((a, b) => b.usd - a.usd).map(({ service, usd, basis }) => line(service, usd, basis)),
    line('total', total, users > 0 ? `${perUser.toFixed(perUser < 0.1 ? 4 : 2)} a user` : ''),
    '',
    `saved already: ${money(savings.spot)} by Spot, ${money(savings.lifecycle)} by moving raw data to cold storage`,
    ...(lever ? [`the largest lever: ${lever.what}, ${money(lever.usd)} a month`] : []),
    ...levers.slice(1, 4).map(({ what, usd }) => `then: ${what}, ${money(usd)}`),
    ...(lines.some(({ service, usd }) => service === 'Gemini' && usd === 0) && geminiIfAsked > 0
      ? [`with an agreement, Gemini's tokens would add ${money(geminiIfAsked)}`]
      : []),
    '',
    `a user: ${USAGE.samples} samples in ${USAGE.uploads} uploads and ${USAGE.reads} reads a day, ${USAGE.insights} insights a month, ${USAGE.months} months kept`,
    `prices: ${PRICED.region}, ${PRICED.date}, on demand, free tiers but Cognito's not counted; of ${Object.keys(PRICES).length}, ${count('research')} were read at their source, ${count('quoted')} are as others quote them, ${count('list')} are still to be checked`,
    'left out: tax, support, ECR, Route 53, SNS, access-log storage, the second set of tasks during a release',
  ].join('\n')
}

/** USD with thousands: cents below a thousand. */
export function money(usd: number): string {
  const digits = usd < 1000 ? 2 : 0
  return usd.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
