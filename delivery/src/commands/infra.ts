import { type Environment, namesOf } from '@clarity/environments'
import type { SynthesizedStack } from '@clarity/infra'
import { createEcs } from '../aws/ecs.ts'
import { handedOnValue } from '../aws/parameters.ts'
import { createStacks } from '../aws/stacks.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { type CostChange, compareCosts, costChangeLines } from '../cost/compare.ts'
import { USERS } from '../cost/usage-model.ts'
import { ClarityError } from '../errors.ts'
import { applyStacks, synthesizeStacks } from '../infra/apply-stacks.ts'
import { checkAccount } from '../infra/check-account.ts'
import { destroyStacks } from '../infra/destroy-stacks.ts'
import { pollMs } from '../poll.ts'
import { type Access, access, chooseTarget } from '../target.ts'

/** `clarity infra diff|deploy|destroy <env>`. */
export const run: RunCommand = async ({
  emit,
  root,
  variables,
  values,
  positionals: [action, name = ''],
}) => {
  const target = chooseTarget(name, root, variables)
  if (action !== 'diff' && action !== 'deploy' && action !== 'destroy')
    throw new ClarityError('usage', `infra has no action '${action}'`, 'choose diff, deploy or destroy', {
      exitCode: EXIT.usage,
    })
  const { environment } = target
  const reach = await access(target)
  const dryRun = action === 'diff' || values['dry-run'] === true
  if (action === 'destroy') {
    const options = { environment, access: reach, emit, pollMs: pollMs(environment), dryRun }
    const { gone, kept } = await destroyStacks(options)
    const text = `${name}: ${dryRun ? 'would delete' : 'deleted'} ${gone.join(', ') || 'nothing'}; kept with its data: ${kept.join(', ') || 'nothing'}`
    emit({ type: 'result', text, data: { gone, kept } })
    return EXIT.succeeded
  }
  const templates = await synthesizeStacks(environment, emit)
  const first = (await handedOnValue(reach, environment, 'vpc-id')) === undefined
  if (first) await checkAccount({ environment, access: reach, emit, dryRun })
  const cost = dryRun ? await costChange(environment, reach, templates) : undefined
  const apply = {
    environment,
    templates,
    access: reach,
    emit,
    pollMs: pollMs(environment),
    dryRun,
    allowed: {
      replaceStateful: values['replace-stateful'] === true,
      resetWeights: values['reset-weights'] === true,
    },
  }
  const results = await applyStacks(apply)
  const { cluster, apiService, workerService } = namesOf(environment)
  const ecs = createEcs(reach)
  const services = await Promise.all(
    [apiService, workerService].map(service => ecs.service(cluster, service).catch(noCluster)),
  )
  if (services.every(service => service !== undefined))
    results.push(...(await applyStacks({ ...apply, release: 'after' })))
  const changed = results.reduce((sum, result) => sum + result.changes, 0)
  const words =
    changed === 0
      ? `${environment.name}: nothing to change`
      : `${environment.name}: ${changed} resources ${dryRun ? 'would change' : 'changed'}`
  const text = [words, ...(cost ? costChangeLines(cost) : [])].join('\n')
  emit({ type: 'result', text, data: { stacks: results, ...(cost && { cost }) } })
  return EXIT.succeeded
}

/** What the month would cost more or less, from the templates that are applied and those that would be. */
async function costChange(
  environment: Environment,
  reach: Access,
  templates: SynthesizedStack[],
): Promise<CostChange> {
  const stacks = createStacks(reach, pollMs(environment))
  const applied = await Promise.all(templates.map(({ stackName }) => stacks.template(stackName)))
  const before = applied.filter(template => template !== undefined)
  return compareCosts(
    environment,
    before,
    templates.map(({ template }) => template),
    USERS,
  )
}

/** A diff of an empty account: there is no cluster to ask yet. */
function noCluster(error: Error): undefined {
  if (error.name !== 'ClusterNotFoundException') throw error
}
