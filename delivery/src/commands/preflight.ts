import { createEcs } from '../aws/ecs.ts'
import { readHandedOn } from '../aws/parameters.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { openPreflight } from '../preflight/open-preflight.ts'
import { countWords, reportLines } from '../preflight/report.ts'
import { runPreflight } from '../preflight/run-preflight.ts'
import { access, chooseTarget } from '../target.ts'
import { runStep } from '../ui/events.ts'

/** `clarity preflight <env>`: all that would keep a release from working, at once; exit code 9 when anything would. */
export const run: RunCommand = async ({ emit, root, variables, positionals: [name = ''] }) => {
  const target = chooseTarget(name, root, variables)
  const to = await access(target)
  const handedOn = await readHandedOn(to, target.environment)
  const world = await openPreflight({ target, access: to, handedOn, ecs: createEcs(to) })
  const report = await runStep(
    emit,
    'preflight',
    `look at all that a release into ${name} needs`,
    step => runPreflight(world, { onResult: result => step.progress(result.title, result) }),
    ({ counts }) => countWords(counts),
  )
  emit({ type: 'result', text: reportLines(report).join('\n'), data: report })
  return report.counts.failed > 0 ? EXIT.preflightFailed : EXIT.succeeded
}
