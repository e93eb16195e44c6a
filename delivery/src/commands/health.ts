import { type CheckResult, runChecks, smoke } from '@clarity/suites'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { chooseTarget } from '../target.ts'

/** `clarity health <env>`: the smoke suite against what serves now; exit code 3 when anything is not well. */
export const run: RunCommand = async ({ emit, root, variables, positionals: [name = ''] }) => {
  const { baseUrl } = chooseTarget(name, root, variables).environment.loadBalancer
  const results = await runChecks(smoke({ baseUrl }))
  const healthy = results.every(result => result.passed)
  const lines = results.map(
    r => `${r.passed ? '✓' : '✗'} ${r.name} (${r.milliseconds} ms)${r.reason ? `: ${r.reason}` : ''}`,
  )
  const text = [...lines, verdictOf(name, baseUrl, results)]
  emit({ type: 'result', text: text.join('\n'), data: { baseUrl, healthy, checks: results } })
  return healthy ? EXIT.succeeded : EXIT.unhealthy
}

/** The last line: whether it is well, and what to do next where it is not. */
function verdictOf(name: string, baseUrl: string, results: CheckResult[]): string {
  if (results.every(({ passed }) => passed)) return `${baseUrl} is healthy`
  const isSilent = results.every(({ reason = '' }) => /ECONNREFUSED|ENOTFOUND/.test(reason))
  const start = name === 'local' ? "start it with 'make up', or " : ''
  return `${isSilent ? `nothing answers at ${baseUrl}` : `${baseUrl} is NOT healthy`}; do next: ${start}see 'clarity status ${name}'`
}
