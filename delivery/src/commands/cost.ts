import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { noAccount, readActuals } from '../cost/actuals.ts'
import { estimate } from '../cost/estimate.ts'
import { takeInventory } from '../cost/inventory.ts'
import { money, report } from '../cost/report.ts'
import { USERS } from '../cost/usage-model.ts'
import { ClarityError } from '../errors.ts'
import { access, chooseTarget } from '../target.ts'

/** `clarity cost <env>`: what a month would cost by the templates, or did cost by Cost Explorer. */
export const run: RunCommand = async ({ emit, root, variables, values, positionals: [name = ''] }) => {
  const target = chooseTarget(name, root, variables)
  if (values.actual === true) {
    if (target.onLocalCloud) throw noAccount(name)
    const actuals = await readActuals(await access(target), name, new Date())
    const lines = actuals.flatMap(({ from, to, services, total }) => [
      `${name}, ${from} up to ${to}: ${money(total)} USD`,
      ...services.map(({ service, usd }) => `  ${service} ${money(usd)}`),
    ])
    const untagged = actuals.every(({ total }) => total === 0)
      ? ['nothing is billed under the tag env: activate it under Billing, cost allocation tags']
      : []
    emit({ type: 'result', text: [...lines, ...untagged].join('\n'), data: { actuals } })
    return EXIT.succeeded
  }
  const users = countOf(values.users)
  // CDK takes a second to load
  const { synthesize } = await import('@clarity/infra')
  const templates = synthesize(target.environment).map(({ template }) => template)
  const result = estimate(target.environment, takeInventory(target.environment, templates), users)
  emit({ type: 'result', text: report(result), data: result })
  return EXIT.succeeded
}

function countOf(text: string | boolean | undefined): number {
  if (text === undefined) return USERS
  const users = Number(text)
  if (Number.isSafeInteger(users) && users >= 0 && text !== '') return users
  throw new ClarityError('usage', `'${text}' is no number of users`, 'give a whole number, such as 10000', {
    exitCode: EXIT.usage,
  })
}
