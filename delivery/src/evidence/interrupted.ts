import { type Environment, namesOf } from '@clarity/environments'
import type { Ecs } from '../aws/ecs.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { describeStage, isTerminal } from '../deploy/follow.ts'
import { readRecords } from '../deploy/releases.ts'
import type { Holder } from '../lock/holder.ts'
import type { Access } from '../target.ts'
import type { Emit } from '../ui/events.ts'
import { readChain, recordEvidence } from './chain.ts'
import type { EvidenceKind } from './document.ts'
import { documentsOf } from './verify-chain.ts'

/** What the evidence of an interrupted command is taken from. */
export interface InterruptedWorld {
  environment: Environment
  access: Access
  ecs: Ecs
  emit: Emit
  /** Who found it. */
  identity: { who: string; host: string }
}

/** Links and deployments that are looked back upon. */
const LOOK_BACK = 20
/** By how much the clocks of a machine and of AWS may differ, in ms; what has evidence already is left out anyway. */
const SKEW_MS = 60_000
const KINDS: Record<string, EvidenceKind> = { rollback: 'rollback', drill: 'drill' }

/**
 * Leaves the evidence that a command could not leave itself, because it was killed or its lock was taken away: who ran
 * it, what it had begun, and how ECS had that when it was found. What becomes of it is the evidence of the command that
 * goes on from there. A release goes on also where this cannot be written, which is told.
 * @param how it ended, in words: `its command did not end in order`
 */
export async function recordInterrupted(
  world: InterruptedWorld,
  holder: Holder,
  how = 'its command did not end in order',
): Promise<void> {
  const { emit, environment, identity } = world
  try {
    const { cluster, apiService, workerService } = namesOf(environment)
    const known = new Set(
      documentsOf(await readChain(world, LOOK_BACK)).flatMap(link => [
        ...link.deployments,
        ...(link.stopped ?? []),
      ]),
    )
    const begun = (
      await Promise.all(
        [apiService, workerService].map(async service =>
          (await world.ecs.service(cluster, service))
            ? readRecords(world.ecs, cluster, service, LOOK_BACK)
            : [],
        ),
      )
    )
      .flat()
      .filter(
        ({ deployment, createdAt }) =>
          !known.has(deployment) && createdAt.getTime() >= holder.since.getTime() - SKEW_MS,
      )
    // a command that has begun no deployment has changed nothing that evidence is kept of
    if (begun.length === 0) return
    const [newest] = begun
    const stages = await Promise.all(
      begun.map(async ({ deployment, release }) => {
        const now = await world.ecs.deployment(deployment)
        return `${deployment.split('/')[2] ?? deployment} to ${release}: ${isTerminal(now.status) ? now.status : describeStage(now)}`
      }),
    )
    const release = newest?.release ?? 'unknown'
    const document = await recordEvidence(world, {
      kind: KINDS[holder.why] ?? 'deployment',
      release,
      digest: newest?.digest ?? 'unknown',
      commit: /^[0-9a-f]{12,40}(?=-)/.exec(release)?.[0],
      who: holder.who,
      host: holder.host,
      startedAt: holder.since.toISOString(),
      endedAt: new Date().toISOString(),
      verdict: 'interrupted',
      exitCode: EXIT.failed,
      reason: `${how}; found by ${identity.who} on ${identity.host}: ${stages.join('; ')}`,
      stages: [],
      suites: [],
      deployments: begun.map(({ deployment }) => deployment),
    })
    emit({
      type: 'note',
      message: `evidence ${document.sequence} of ${environment.name}: the ${holder.why} of ${holder.who} was interrupted`,
      data: { evidence: { sequence: document.sequence, hash: document.hash } },
    })
  } catch (error) {
    emit({
      type: 'note',
      message: `✗ no evidence was written of the ${holder.why} that was interrupted: ${(error as Error).message}`,
    })
  }
}
