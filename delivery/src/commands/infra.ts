import { namesOf } from '@clarity/environments'
import { createEcs } from '../aws/ecs.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { applyStacks } from '../infra/apply-stacks.ts'
import { destroyStacks } from '../infra/destroy-stacks.ts'
import { pollMs } from '../poll.ts'
import { access, chooseTarget } from '../target.ts'

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
  const apply = {
    environment,
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
  const text =
    changed === 0
      ? `${environment.name}: nothing to change`
      : `${environment.name}: ${changed} resources ${dryRun ? 'would change' : 'changed'}`
  emit({ type: 'result', text, data: { stacks: results } })
  return EXIT.succeeded
}

/** A diff of an empty account: there is no cluster to ask yet. */
function noCluster(error: Error): undefined {
  if (error.name !== 'ClusterNotFoundException') throw error
}
