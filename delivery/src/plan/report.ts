import type { Prediction } from '../release/prediction.ts'
import type { BudgetLine } from '../release/rollback-budget.ts'
import { differenceWords } from '../release/task-definition-diff.ts'
import { formatSeconds } from '../ui/render.ts'
import type { Plan } from './make-plan.ts'

/** Commits listed before the rest is only counted. */
const COMMITS_SHOWN = 15

/** The plan as text. */
export function planLines(plan: Plan): string[] {
  const { environment, release, current, image, prediction } = plan
  return [
    plan.changesNothing
      ? `${environment}: ${release} serves already; a release would change nothing`
      : `${environment}: ${current ?? 'nothing'} → ${release}`,
    '',
    ...section('image', [
      image.digest
        ? `${image.currentDigest ?? 'none'} → ${image.digest}`
        : `${image.currentDigest ?? 'none'} → open: the registry has no image of ${image.tag}; a release would build and push it`,
    ]),
    ...commitLines(plan),
    ...section('task definition of the API', changes(plan.taskDefinitions.api, current)),
    ...section('task definition of the worker', changes(plan.taskDefinitions.worker, current)),
    ...section('services', plan.services.length > 0 ? plan.services.map(differenceWords) : ['unchanged']),
    ...section(
      'sizes',
      plan.sizes.map(
        ({ part, cpu, memory, desiredCount, maxCount }) =>
          `${part.padEnd(6)} ${desiredCount} to ${maxCount} tasks of ${cpu / 1024} vCPU and ${memory} MiB`,
      ),
    ),
    ...section(`release by ${plan.strategy}, predicted`, [
      ...stageLines(prediction.release),
      ...(plan.approval ? ["a person's approval before production is not in it"] : []),
    ]),
    ...section(
      'rollback in bake, predicted',
      prediction.rollbackInBake
        ? stageLines(prediction.rollbackInBake)
        : ['not possible with these settings'],
    ),
    ...section('rollback after bake, predicted', stageLines(prediction.rollbackAfterBake)),
    ...section('rollback budget on AWS, with a published flip of 17 s', plan.budget.flatMap(budgetLines)),
  ].slice(0, -1)
}

function section(title: string, lines: string[]): string[] {
  return [title, ...lines.map(line => `  ${line}`), '']
}

function changes(differences: Plan['services'], current: string | undefined): string[] {
  if (!current) return ['new']
  return differences.length > 0
    ? differences.map(differenceWords)
    : ['unchanged but for image and release name']
}

function commitLines({ commits, current, image }: Plan): string[] {
  if (!current) return []
  if (!commits) return section('commits', [`git does not know both ${current} and ${image.tag} here`])
  const { brought, takenOut } = commits
  return section('commits', [
    ...(brought.length + takenOut.length === 0 ? ['none'] : []),
    ...listed('+', brought),
    ...listed('-', takenOut),
    ...(image.tag.includes('-dirty-') ? ['~ changes that are not committed'] : []),
  ])
}

function listed(mark: string, commits: string[]): string[] {
  const rest = commits.length - COMMITS_SHOWN
  return [
    ...commits.slice(0, COMMITS_SHOWN).map(commit => `${mark} ${commit}`),
    ...(rest > 0 ? [`${mark} and ${rest} more`] : []),
  ]
}

function stageLines({ stages, ...total }: Prediction): string[] {
  const width = Math.max(...stages.map(({ stage }) => stage.length), 5)
  return [
    ...stages.map(
      ({ stage, seconds, how }) => `${stage.padEnd(width)}  ${formatSeconds(seconds).padStart(11)}  ${how}`,
    ),
    `${'total'.padEnd(width)}  ${formatSeconds(total.seconds).padStart(11)}  between ${formatSeconds(total.least)} and ${formatSeconds(total.most)}`,
  ]
}

function budgetLines({ what, limitSeconds, arithmetic, met, why }: BudgetLine): string[] {
  return [`${met ? '✓' : '✗'} ${what}, under ${limitSeconds} s: ${arithmetic}`, ...(why ? [`  ${why}`] : [])]
}
