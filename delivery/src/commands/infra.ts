import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { applyStacks } from '../infra/apply-stacks.ts'
import { pollMs } from '../poll.ts'
import { access, chooseTarget } from '../target.ts'

/** `clarity infra diff|deploy <env>`. */
export const run: RunCommand = async ({ emit, root, variables, positionals: [action, name = ''] }) => {
  const target = chooseTarget(name, root, variables)
  if (action !== 'diff' && action !== 'deploy')
    throw new ClarityError('usage', `infra has no action '${action}'`, 'choose diff or deploy', {
      exitCode: EXIT.usage,
    })
  const { environment } = target
  const results = await applyStacks({
    environment,
    access: await access(target),
    emit,
    pollMs: pollMs(environment),
    dryRun: action === 'diff',
  })
  const changed = results.reduce((sum, result) => sum + result.changes, 0)
  const text =
    changed === 0
      ? `${environment.name}: nothing to change`
      : `${environment.name}: ${changed} resources ${action === 'diff' ? 'would change' : 'changed'}`
  emit({ type: 'result', text, data: { stacks: results } })
  return EXIT.succeeded
}
