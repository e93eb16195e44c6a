import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { openWorld } from '../deploy/prepare.ts'
import { underLock } from '../deploy/under-lock.ts'
import { drillLines } from '../drill/report.ts'
import { type DrillResult, runDrill } from '../drill/run-drill.ts'
import { ClarityError } from '../errors.ts'
import { type Told, withEvidence } from '../evidence/with-evidence.ts'
import { chooseTarget } from '../target.ts'

/** `clarity drill <env>`: fails on purpose, under traffic, and shows how long the way back takes. */
export const run: RunCommand = async ({
  emit,
  root,
  variables,
  signal,
  values,
  positionals: [name = ''],
}) => {
  if (name === 'prod' && !values['yes-production'])
    throw new ClarityError(
      'usage',
      'a drill spoils the requests of its clients for some seconds, and prod has clients',
      'hold it elsewhere, or say --yes-production',
      { exitCode: EXIT.usage },
    )
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal, variables)
  const result = await withEvidence(
    world,
    { kind: 'drill', identity: world.identity, tell: tellDrill },
    watched => underLock(watched, { why: 'drill', commit: 'unknown', waitSeconds: 0 }, runDrill),
  )
  const passed = result.faults.length === 0
  emit({ type: 'result', text: drillLines(result).join('\n'), data: { ...result, passed } })
  return passed ? EXIT.succeeded : EXIT.failed
}

function tellDrill({ release, digest, clocks, faults, outcome, deployment }: DrillResult): Told {
  return {
    release,
    digest,
    verdict: faults.length === 0 ? 'passed' : 'failed',
    exitCode: faults.length === 0 ? EXIT.succeeded : EXIT.failed,
    reason: faults.join('; ') || undefined,
    probes: outcome.probes,
    stopped: deployment ? [deployment] : [],
    drill: clocks,
  }
}
