import { namesOf } from '@clarity/environments'
import { createEcs } from '../aws/ecs.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import {
  deploymentHistory,
  type HistoryEntry,
  type ServiceHistory,
  WINDOW,
} from '../diagnose/deployment-history.ts'
import { ClarityError } from '../errors.ts'
import { authorsOf } from '../evidence/authors.ts'
import { type ChainWorld, readChain } from '../evidence/chain.ts'
import { verifyLines, withoutEvidence } from '../evidence/report.ts'
import { saveChain } from '../evidence/save-chain.ts'
import { documentsOf, type StoredLink, verifyChain } from '../evidence/verify-chain.ts'
import { SUCCESS_GOAL, SUCCESS_RULE } from '../release/success-rate.ts'
import { access, chooseTarget } from '../target.ts'
import { formatSeconds } from '../ui/render.ts'

const DEFAULT_LIMIT = 20

/**
 * `clarity history <env> [--limit n]`: the releases of both services from ECS's own record, newest first, with what
 * evidence adds to it. `--verify` checks the chain of evidence instead, `--save <folder>` copies it.
 */
export const run: RunCommand = async ({ emit, root, variables, values, positionals: [name = ''] }) => {
  const target = chooseTarget(name, root, variables)
  const limit = parseLimit(values.limit as string | undefined)
  const { environment } = target
  const { cluster, apiService, workerService } = namesOf(environment)
  const to = await access(target)
  const ecs = createEcs(to)
  const world = { environment, access: to }
  const history = (links: StoredLink[]) =>
    Promise.all(
      [apiService, workerService].map(service =>
        deploymentHistory(ecs, cluster, service, limit, authorsOf(documentsOf(links))),
      ),
    )
  if (values.verify) {
    const links = await readChain(world)
    const check = verifyChain(links)
    const without = withoutEvidence((await history(links)).flatMap(({ entries }) => entries))
    const data = { environment: name, check, withoutEvidence: without }
    emit({ type: 'result', text: verifyLines(check, without).join('\n'), data })
    return check.kind === 'intact' ? EXIT.succeeded : EXIT.failed
  }
  const folder = values.save as string | undefined
  if (folder !== undefined) {
    const saved = await saveChain(await readChain(world), name, folder)
    emit({ type: 'result', text: `${saved} pieces of evidence in ${folder}/${name}`, data: { saved } })
    return EXIT.succeeded
  }
  const services = await history(await evidenceIfAny(world))
  const text = [...services.flatMap(serviceLines), `rule: ${SUCCESS_RULE}`].join('\n')
  emit({
    type: 'result',
    text,
    data: { environment: name, goal: SUCCESS_GOAL, rule: SUCCESS_RULE, services },
  })
  return EXIT.succeeded
}

/** The newest evidence; none where the stacks have left no bucket for it. */
async function evidenceIfAny(world: ChainWorld): Promise<StoredLink[]> {
  try {
    return await readChain(world, WINDOW)
  } catch (error) {
    if (error instanceof ClarityError && error.code === 'infra_missing') return []
    throw error
  }
}

function parseLimit(text: string | undefined): number {
  const limit = Number(text ?? DEFAULT_LIMIT)
  if (Number.isInteger(limit) && limit > 0 && limit <= WINDOW) return limit
  throw new ClarityError('usage', `'${text}' is no limit`, `give a number from 1 to ${WINDOW}`, {
    exitCode: EXIT.usage,
  })
}

function serviceLines(history: ServiceHistory): string[] {
  const { service, entries } = history
  if (entries.length === 0) return [`${service}  was never deployed`, '']
  return [service, ...entries.flatMap(entryLines), `  ${rateWords(history)}`, '']
}

function entryLines(entry: HistoryEntry): string[] {
  const { createdAt, release, digest, result, status, seconds, waitedSeconds, ranSeconds, who, reason } =
    entry
  const time = createdAt?.toISOString().replace(/\.\d+/, '') ?? 'unknown time'
  const took =
    seconds === undefined
      ? status
      : `${formatSeconds(seconds)} (waited ${formatSeconds(waitedSeconds ?? 0)}, ran ${formatSeconds(ranSeconds ?? 0)})`
  const parts = [
    result.padEnd(10),
    release,
    digest.slice(0, 19),
    took,
    ...(who ? [`by ${who.replace(/^arn:aws:\w+::\d+:/, '')}`] : []),
  ]
  const told = result !== 'succeeded' && reason ? [`    ${reason}`] : []
  return [`  ${time}  ${parts.join('  ')}`, ...told]
}

/** `success rate 97.5 % of 40 (goal 99.0 %), ...` */
function rateWords({ rate: counts, window }: ServiceHistory): string {
  const { rate, atBest, succeeded, failed, takenBack, neither } = counts
  const since = window.since?.toISOString().slice(0, 10) ?? 'the beginning'
  if (rate === undefined) return `success rate: no deployment since ${since} counts yet`
  const doubt =
    takenBack > 0
      ? `; ${percent(atBest ?? rate)} if persons ordered the ${takenBack} that were taken back by order`
      : ''
  return `success rate ${percent(rate)} since ${since}: ${succeeded} succeeded, ${failed} failed, ${neither} neither (goal ${percent(SUCCESS_GOAL)}${rate >= SUCCESS_GOAL ? ', met' : ', missed'})${doubt}`
}

/** Rounded down, so that what falls short never looks as if it did not. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}
