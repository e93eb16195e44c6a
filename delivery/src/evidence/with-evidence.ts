import { type Environment, namesOf } from '@clarity/environments'
import type { Ecs } from '../aws/ecs.ts'
import { createIdentity } from '../aws/identity.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { isTerminal } from '../deploy/follow.ts'
import type { ProbeCount } from '../deploy/prober.ts'
import { listReleases } from '../deploy/releases.ts'
import { ClarityError } from '../errors.ts'
import { redactText } from '../release/diagnosis/redact.ts'
import type { Access } from '../target.ts'
import type { Emit } from '../ui/events.ts'
import { recordEvidence } from './chain.ts'
import { collect } from './collect.ts'
import type { DrillClocks, EvidenceEntry, EvidenceKind } from './document.ts'

/** What evidence is taken of: any world of a release has this. */
export interface EvidenceWorld {
  environment: Environment
  access: Access
  ecs: Ecs
  emit: Emit
}

/** What a command says of its own end; what it leaves out is read from ECS. */
export interface Told {
  release?: string
  digest?: string
  verdict: string
  exitCode: number
  reason?: string
  probes?: ProbeCount
  /** ECS service deployments that it is about, also where it did not begin them: an approval, one that was followed. */
  deployments?: string[]
  /** A deployment that someone else began meanwhile. */
  foreign?: string
  /** ECS service deployments that it ordered to be stopped. */
  stopped?: string[]
  approval?: { by: string; at: Date }
  drill?: DrillClocks
}

export interface EvidenceRequest<T> {
  kind: EvidenceKind
  identity: { who: string; host: string }
  promotedFrom?: EvidenceEntry['promotedFrom']
  /** @returns undefined when nothing was to be done, of which no evidence is kept */
  tell(result: T): Told | undefined
}

/** Deployments that are looked at to find the own ones. */
const LOOK_BACK = 20
/** Longest reason that is kept, in characters. */
const LONGEST_REASON = 500

/**
 * Runs `work` and leaves evidence of how it ended, also where it throws after a deployment had begun. What has been
 * done stays done: evidence that cannot be written is told, and changes no result.
 */
export async function withEvidence<W extends EvidenceWorld, T>(
  world: W,
  request: EvidenceRequest<T>,
  work: (world: W) => Promise<T>,
): Promise<T> {
  const startedAt = new Date().toISOString()
  const collector = collect(world.emit)
  const own = watchChanges(world)

  async function record(told: Told): Promise<void> {
    const all = new Set([...(await own.deployments()), ...(told.deployments ?? [])])
    const deployments = [...all].filter(arn => arn !== told.foreign)
    const known =
      told.release && told.digest ? told : { ...(await newestOf(world, deployments)), ...defined(told) }
    const { release = 'unknown', digest = 'unknown' } = known
    const { emit, environment } = world
    const document = await recordEvidence(world, {
      kind: request.kind,
      release,
      digest,
      commit: commitOf(release),
      ...request.identity,
      principal: await principal(world),
      startedAt,
      endedAt: new Date().toISOString(),
      verdict: told.verdict,
      exitCode: told.exitCode,
      reason: told.reason && cleanReason(told.reason),
      ...collector.collected(),
      probes: told.probes && figures(told.probes),
      deployments,
      stopped: told.stopped,
      promotedFrom: request.promotedFrom,
      approval: told.approval && { by: told.approval.by, at: told.approval.at.toISOString() },
      drill: told.drill,
    })
    emit({
      type: 'note',
      message: `evidence ${document.sequence} of ${environment.name}: ${document.hash}`,
      data: { evidence: { sequence: document.sequence, hash: document.hash } },
    })
  }

  try {
    const result = await work({ ...world, emit: collector.emit, ecs: own.ecs })
    const told = request.tell(result)
    if (told) await record(told).catch(error => tellLoss(world, error))
    return result
  } catch (error) {
    await recordFailure(error as Error).catch(lost => tellLoss(world, lost))
    throw error
  }

  async function recordFailure(error: Error): Promise<void> {
    if ((await own.deployments()).length === 0) return
    const { code, exitCode } =
      error instanceof ClarityError ? error : { code: error.name, exitCode: EXIT.failed }
    await record({
      verdict: code,
      exitCode,
      reason: error instanceof ClarityError ? error.message : undefined,
    })
  }
}

/** A reason without what tasks wrote, and without what looks like a secret. */
function cleanReason(reason: string): string {
  return redactText(reason.replace(/; it wrote: .*/s, '')).slice(0, LONGEST_REASON)
}

function figures({ sent, failed, slow, byRelease }: ProbeCount): EvidenceEntry['probes'] {
  return { sent, failed, slow, byRelease: { ...byRelease } }
}

/**
 * An ECS that notes what there was before the first change through it, so that the own deployments are told from those
 * of others, who may have deployed while this command waited for the lock.
 */
function watchChanges(world: EvidenceWorld): { ecs: Ecs; deployments(): Promise<string[]> } {
  const { ecs } = world
  let before: Set<string> | undefined
  const noted =
    <A, R>(change: (input: A) => Promise<R>) =>
    async (input: A): Promise<R> => {
      before ??= new Set(await deploymentsOf(world))
      return change(input)
    }
  return {
    ecs: { ...ecs, createService: noted(ecs.createService), updateService: noted(ecs.updateService) },
    deployments: async () => (before ? (await deploymentsOf(world)).filter(arn => !before?.has(arn)) : []),
  }
}

/** ARNs of the newest deployments of both services. */
async function deploymentsOf({ ecs, environment }: EvidenceWorld): Promise<string[]> {
  const { cluster, apiService, workerService } = namesOf(environment)
  const lists = await Promise.all(
    [apiService, workerService].map(async service =>
      (await ecs.service(cluster, service)) ? ecs.deployments(cluster, service, LOOK_BACK) : [],
    ),
  )
  return lists.flat().map(({ serviceDeploymentArn = '' }) => serviceDeploymentArn)
}

/** The release that the own deployments carried; without own ones the one that is on, by ECS's record. */
async function newestOf(
  { ecs, environment }: EvidenceWorld,
  own: string[],
): Promise<{ release?: string; digest?: string }> {
  const { cluster, apiService, workerService } = namesOf(environment)
  for (const service of [apiService, workerService]) {
    const records = (await ecs.service(cluster, service)) ? await listReleases(ecs, cluster, service) : []
    const found =
      records.find(record => own.includes(record.deployment)) ??
      (own.length === 0 ? records.find(record => isTerminal(record.status)) : undefined)
    if (found) return { release: found.release, digest: found.digest }
  }
  return {}
}

function commitOf(release: string): string | undefined {
  return /^[0-9a-f]{12,40}(?=-)/.exec(release)?.[0]
}

/** Whose credentials the calls were signed with; whoever may not ask is not kept from recording. */
async function principal({ access }: EvidenceWorld): Promise<string | undefined> {
  return createIdentity(access)
    .caller()
    .then(
      ({ arn }) => arn,
      () => undefined,
    )
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}

function tellLoss({ emit, environment }: EvidenceWorld, error: unknown): void {
  emit({
    type: 'note',
    message: `✗ no evidence of this was written: ${(error as Error).message}; ${
      error instanceof ClarityError ? error.fix : `check the bucket of ${environment.name}`
    }`,
  })
}
