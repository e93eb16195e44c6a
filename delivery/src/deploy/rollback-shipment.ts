import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from '@aws-sdk/client-ecs'
import { namesOf } from '@clarity/environments'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import type { PreflightWorld } from '../preflight/check.ts'
import { CHECKS } from '../preflight/checks.ts'
import { openPreflight } from '../preflight/open-preflight.ts'
import { countWords, requirePassed } from '../preflight/report.ts'
import { runPreflight } from '../preflight/run-preflight.ts'
import { chooseRollback } from '../release/rollback-target.ts'
import { runStep } from '../ui/events.ts'
import type { ReleaseWorld } from './prepare.ts'
import { listReleases, type ReleaseRecord } from './releases.ts'
import type { Shipment } from './ship.ts'

/** Checks that say whether an earlier release can still run; the others look at what surrounds it. */
const OF_THE_TARGET = new Set(['image', 'roles', 'secrets', 'execution-role', 'log-groups'])
/** What is asked before something new, or only warns of its risks, must not keep from going back to what worked. */
const OF_THE_NEW = new Set(['gate', 'drill', 'alarms', 'timing'])
/** Other releases that are looked at for the answer to which are possible. */
const OTHERS = 6

interface Target {
  shipment: Shipment
  api?: TaskDefinition
  worker?: TaskDefinition
  /** Why it cannot run any more, found without asking further services. */
  gone: string[]
}

/**
 * What a rollback after bake releases again, with everything that it needs looked at.
 * @throws ClarityError `no_rollback_target` naming what is possible, `preflight_failed`
 */
export async function rollbackShipment(world: ReleaseWorld, wanted?: string): Promise<Shipment> {
  const { ecs, environment, emit } = world
  const { cluster, apiService, workerService } = namesOf(environment)
  const [records, workers] = await Promise.all([
    listReleases(ecs, cluster, apiService),
    listReleases(ecs, cluster, workerService),
  ])
  const current = records.find(record => record.status === 'SUCCESSFUL')?.release
  const choice = chooseRollback(records, current, wanted)
  if (choice.kind === 'none') throw impossible(choice.why, await possible(choice.possible))
  const { release } = choice.target
  const target = await targetOf(world, choice.target, workers)
  const report = await runStep(
    emit,
    'rollback.preflight',
    `look at all that ${release} needs to serve again`,
    async step => {
      const opened = await preflightOf(world, target)
      return runPreflight(opened, {
        checks: CHECKS.filter(({ name }) => !OF_THE_NEW.has(name)),
        onResult: step.figures,
      })
    },
    ({ counts }) => countWords(counts),
  )
  const gone = [
    ...target.gone,
    ...report.results
      .filter(({ name }) => OF_THE_TARGET.has(name))
      .flatMap(({ findings }) => findings.filter(f => f.outcome === 'failed').map(f => f.says)),
  ]
  if (gone.length > 0) {
    const others = new Set(records.filter(r => r.status === 'SUCCESSFUL').map(r => r.release))
    throw impossible(
      `${release} cannot serve again`,
      await possible([...others].filter(name => name !== release && name !== current)),
      gone,
    )
  }
  requirePassed(report, environment.name)
  return target.shipment

  /** Of other releases those that could run. */
  async function possible(names: string[]): Promise<string[]> {
    const found: string[] = []
    for (const name of names.slice(0, OTHERS)) {
      const record = records.find(r => r.release === name && r.status === 'SUCCESSFUL')
      if (record && (await canRun(world, await targetOf(world, record, workers)))) found.push(name)
    }
    return found
  }
}

async function targetOf(
  { ecs }: ReleaseWorld,
  { release, digest, taskDefinition }: ReleaseRecord,
  workers: ReleaseRecord[],
): Promise<Target> {
  const record = workers.find(r => r.release === release && r.status === 'SUCCESSFUL')
  const [api, worker] = await Promise.all(
    [taskDefinition, record?.taskDefinition].map(
      arn => arn && ecs.taskDefinition(arn).catch(() => undefined),
    ),
  )
  const gone = [
    ...missing('API', taskDefinition, api || undefined),
    ...(record
      ? missing('worker', record.taskDefinition, worker || undefined)
      : [`ECS has no record of a worker of ${release} that worked`]),
  ]
  return {
    shipment: {
      release,
      digest,
      apiTaskDefinition: taskDefinition,
      workerTaskDefinition: record?.taskDefinition ?? '',
    },
    api: api || undefined,
    worker: worker || undefined,
    gone,
  }
}

function missing(part: string, arn: string, definition: TaskDefinition | undefined): string[] {
  if (!definition) return [`the task definition of the ${part}, ${arn}, is deleted`]
  if (definition.status !== 'ACTIVE')
    return [
      `the task definition of the ${part}, ${arn}, is ${definition.status}: ECS starts no service with it`,
    ]
  return []
}

/** Preflight's world, for what the earlier release really has and not for what the checkout would make. */
async function preflightOf(
  world: ReleaseWorld,
  { shipment: { release, digest }, api, worker }: Target,
): Promise<PreflightWorld> {
  const opened = await openPreflight(world, { tag: release, digest })
  const as = (definition: TaskDefinition | undefined, otherwise: RegisterTaskDefinitionCommandInput) =>
    definition ? (definition as RegisterTaskDefinitionCommandInput) : otherwise
  return {
    ...opened,
    release: {
      name: release,
      digest,
      api: as(api, opened.release.api),
      worker: as(worker, opened.release.worker),
    },
  }
}

async function canRun(world: ReleaseWorld, target: Target): Promise<boolean> {
  if (target.gone.length > 0) return false
  const checks = CHECKS.filter(({ name }) => OF_THE_TARGET.has(name))
  return (await runPreflight(await preflightOf(world, target), { checks })).counts.failed === 0
}

function impossible(why: string, possible: string[], evidence: string[] = []): ClarityError {
  const fix =
    possible.length > 0
      ? `possible: ${possible.map(p => `--to ${p}`).join(', ')}`
      : 'no release of the past can serve again; deploy a commit that is known to be good'
  const message = evidence.length > 0 ? `${why}: ${evidence.join('; ')}` : why
  return new ClarityError('no_rollback_target', message, fix, { exitCode: EXIT.preflightFailed, evidence })
}
