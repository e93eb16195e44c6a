import type { Environment } from '@clarity/environments'
import { estimate } from '../../delivery/src/cost/estimate.ts'
import type { Inventory } from '../../delivery/src/cost/inventory.ts'
import { limitsOf } from '../../delivery/src/cost/limits.ts'
import { priceBreaks } from '../../delivery/src/cost/price-breaks.ts'
import { PRICED, PRICES } from '../../delivery/src/cost/prices.ts'
import { money } from '../../delivery/src/cost/report.ts'
import { USAGE } from '../../delivery/src/cost/usage-model.ts'

const SIZES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]

/** `docs/cost-and-scale.md`: what prod costs a month from a thousand to ten million users, and what stops growth where. */
export function costPage(environment: Environment, inventory: Inventory): string {
  // as a planner must: the agreement is signed and Gemini is asked
  const asked = { ...environment, backend: { ...environment.backend, geminiAgreement: true } }
  const all = SIZES.map(users => estimate(asked, inventory, users))
  const services = all[0]?.lines.map(({ service }) => service) ?? []
  const row = (name: string, cells: string[]) => `| ${[name, ...cells].join(' | ')} |`
  const unchecked = Object.values(PRICES).filter(({ from }) => from === 'list').length
  const { samples, uploads, reads, authentications, insights, months, peak, tokensIn, tokensOut } = USAGE
  return [
    '# Cost and scale',
    '',
    `\`clarity cost <env> --users <n>\` computes it from the synthesized templates; \`--actual\` asks Cost Explorer. USD a month for ${environment.name},`,
    `${PRICED.region}, prices of ${PRICED.date} on demand (\`delivery/src/cost/prices.ts\`; ${unchecked} of ${Object.keys(PRICES).length} are still to be checked on the page beside each).`,
    `A user is a watch worn day and night: ${samples.toLocaleString('en')} samples in ${uploads} uploads, ${reads} reads and ${authentications} sign-ins or refreshes a day, ${insights} insights a month of ${tokensIn} tokens in`,
    `and ${tokensOut} out, ${months} months kept, the busiest hour ${peak} times the mean. Samples, bytes and write units are measured by \`node bench/ingest.ts 30\`;`,
    'the rest is assumed (`usage-model.ts`). Gemini is counted as if its agreement were signed; without one nothing is asked of it.',
    '',
    '## By service',
    '',
    row(
      'users',
      SIZES.map(users => users.toLocaleString('en')),
    ),
    `|---|${SIZES.map(() => '---:|').join('')}`,
    ...services.map(service =>
      row(
        service,
        all.map(({ lines }) => round(lines.find(line => line.service === service)?.usd ?? 0)),
      ),
    ),
    row(
      '**total**',
      all.map(({ total }) => `**${round(total)}**`),
    ),
    row(
      'a user',
      all.map(({ perUser }) => perUser.toFixed(2)),
    ),
    row(
      'largest lever saves',
      all.map(({ levers }) => round(levers[0]?.usd ?? 0)),
    ),
    row(
      'cold storage saves',
      all.map(({ savings }) => round(savings.lifecycle)),
    ),
    '',
    'What would save most a month, each alone:',
    '',
    ...leversOf(all),
    '',
    'A backup of DynamoDB is a full copy every time ([AWS](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GettingStartedBackupsAWS.html)), so',
    'its cost is the table times the days for which a daily one is kept.',
    '',
    '## Where it breaks',
    '',
    "Users from which a limit is too little, soonest first, by the rate of the busiest hour. Limits are AWS's and Google's defaults, most",
    'of which can be raised: compare with the page and with the account (`aws service-quotas`).',
    '',
    '| users | limit | arithmetic | what helps |',
    '|---:|---|---|---|',
    ...limitsOf(environment, inventory, USAGE).map(
      ({ what, value, arithmetic, users, mitigation, page }) =>
        `| ${rough(users)} | [${what}](${page}): ${value} | ${arithmetic} | ${mitigation} |`,
    ),
    '',
    '## Where prices change',
    '',
    '| users | what | arithmetic |',
    '|---:|---|---|',
    ...priceBreaks(environment, inventory, USAGE).map(
      ({ users, what, arithmetic }) => `| ${rough(users)} | ${what} | ${arithmetic} |`,
    ),
    '',
    'An ALB has no fixed rate: it is paid by the LCU, one for 1 GB an hour or 25 new connections a second, and grows by itself.',
    '',
  ].join('\n')
}

/** The two that save most, where infrastructure and where users make the bill. */
function leversOf(all: ReturnType<typeof estimate>[]): string[] {
  return [all[0], all[3]].flatMap(one =>
    one
      ? `- at ${one.users.toLocaleString('en')} users: ${one.levers
          .slice(0, 3)
          .map(({ what, usd }) => `${what}, ${money(usd)}`)
          .join('; ')}`
      : [],
  )
}

function round(usd: number): string {
  return Math.round(usd).toLocaleString('en')
}

/** Two digits that count. */
function rough(users: number): string {
  if (users === Number.POSITIVE_INFINITY) return 'none'
  if (users === 0) return 'the first'
  return Number(users.toPrecision(2)).toLocaleString('en')
}
