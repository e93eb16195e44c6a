import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { verdictWords } from '../deploy/outcome.ts'
import { openWorld, type ReleaseWorld } from '../deploy/prepare.ts'
import { standings } from '../deploy/standing.ts'
import { underLock } from '../deploy/under-lock.ts'
import { drillLines } from '../drill/report.ts'
import { type DrillResult, runDrill } from '../drill/run-drill.ts'
import { ClarityError } from '../errors.ts'
import { type Told, withEvidence } from '../evidence/with-evidence.ts'
import { chooseTarget } from '../target.ts'
import { waitSeconds } from './deploy.ts'

/**
 * `clarity drill <env>`: fails on purpose, under traffic, and shows how long the way back takes. Where a person must
 * approve a release, a person must approve this one: it waits and says how.
 */
export const run: RunCommand = async invocation => {
  const { emit, root, variables, signal, values, positionals } = invocation
  const [name = ''] = positionals
  if (name === 'prod' && !values['yes-production'])
    throw new ClarityError(
      'usage',
      'a drill spoils the requests of its clients for some seconds, and prod has clients',
      'hold it elsewhere, or say --yes-production',
      { exitCode: EXIT.usage },
    )
  const wait = waitSeconds(invocation)
  const world = await openWorld(chooseTarget(name, root, variables), emit, signal, variables)
  const { api } = await standings(world.ecs, world.environment)
  if (values['dry-run']) return foresee(world, api?.release)
  const request = { why: 'drill', commit: api?.release ?? 'unknown', waitSeconds: wait }
  const result = await withEvidence(
    world,
    { kind: 'drill', identity: world.identity, tell: tellDrill },
    watched => underLock(watched, request, runDrill),
  )
  if (!result.held)
    throw new ClarityError(
      'drill_not_held',
      `the drill was not held: its release was not let into production; it was ${verdictWords(result.outcome.verdict)}`,
      `production was not touched; hold another: clarity drill ${name}`,
      { exitCode: EXIT.rolledBack },
    )
  const passed = result.faults.length === 0
  emit({ type: 'result', text: drillLines(result).join('\n'), data: { ...result, passed } })
  return passed ? EXIT.succeeded : EXIT.failed
}

function foresee({ emit, environment }: ReleaseWorld, release: string | undefined): number {
  const { approval, strategy } = environment.deployment
  const text = [
    `would release what serves ${environment.name} (${release ?? 'nothing'}) with a fault that begins under traffic (${strategy}), and take it back`,
    ...(approval ? ['a person must approve it first: it would wait and say how'] : []),
  ]
  emit({ type: 'result', text: text.join('\n'), data: { release, strategy, approval } })
  return EXIT.succeeded
}

function tellDrill({ release, digest, clocks, faults, outcome, deployment, held }: DrillResult): Told {
  const passed = held && faults.length === 0
  return {
    release,
    digest,
    verdict: held ? (passed ? 'passed' : 'failed') : 'not-held',
    exitCode: passed ? EXIT.succeeded : held ? EXIT.failed : EXIT.rolledBack,
    reason: held ? faults.join('; ') || undefined : verdictWords(outcome.verdict),
    probes: outcome.probes,
    approval: outcome.approval,
    stopped: deployment ? [deployment] : [],
    drill: held ? clocks : undefined,
  }
}
