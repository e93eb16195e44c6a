import { namesOf } from '@clarity/environments'
import { createRegistry } from '../aws/registry.ts'
import { planRelease, type ReleaseWorld } from '../deploy/prepare.ts'
import { imageTag } from '../image/image-tag.ts'
import { OPEN_DIGEST } from '../preflight/open-preflight.ts'
import { asRollback } from '../release/as-rollback.ts'
import { AWS_PACE, LAPTOP_PACE } from '../release/pace.ts'
import {
  type Prediction,
  predictRelease,
  predictRollbackAfterBake,
  predictRollbackInBake,
} from '../release/prediction.ts'
import { type BudgetLine, rollbackBudget } from '../release/rollback-budget.ts'
import { type Difference, diffTaskDefinitions } from '../release/task-definition-diff.ts'
import { type CommitsBetween, commitOf, commitsBetween } from './commits.ts'
import { readPast } from './past-deployments.ts'
import { serviceDifferences } from './service-differences.ts'
import { timingSettings } from './timing-settings.ts'

/** What a release of the checkout would change, and how long it and its rollback would take. */
export interface Plan {
  environment: string
  /** Its name; ends in `…` while the digest is open. */
  release: string
  /** The release that serves; absent before the first. */
  current?: string
  changesNothing: boolean
  image: { tag: string; digest?: string; currentDigest?: string }
  /** Absent where git does not know both commits here. */
  commits?: CommitsBetween
  taskDefinitions: { api: Difference[]; worker: Difference[] }
  services: Difference[]
  strategy: string
  approval: boolean
  sizes: { part: string; cpu: number; memory: number; desiredCount: number; maxCount: number }[]
  prediction: { release: Prediction; rollbackInBake?: Prediction; rollbackAfterBake: Prediction }
  /** The promise on AWS under these settings. */
  budget: BudgetLine[]
}

/** How `clarity rollback` moves the worker after bake; it decides whether its time adds to the API's. */
export const WORKER_ON_ROLLBACK: 'before' | 'beside' = 'beside'

/** Looks, and changes nothing: an image that is not in the registry is not built, its digest stays open. */
export async function makePlan(world: ReleaseWorld): Promise<Plan> {
  const { target, environment, ecs, access } = world
  const names = namesOf(environment)
  const tag = await imageTag(target.root)
  const digest = await createRegistry(access).digest(names.repository, { tag })
  const { release, current } = await planRelease(world, { tag, digest: digest ?? OPEN_DIGEST })
  const [api, worker] = await Promise.all(
    [names.apiService, names.workerService].map(async name => {
      const service = await ecs.service(names.cluster, name)
      return {
        service,
        definition: service?.taskDefinition ? await ecs.taskDefinition(service.taskDefinition) : undefined,
      }
    }),
  )
  const from = current && commitOf(current)
  const to = commitOf(tag)
  const local = target.onLocalCloud === true
  const { strategy, approval } = environment.deployment
  const settings = timingSettings(environment, target.speed)
  const past = await readPast(world)
  const input = { settings, pace: local ? LAPTOP_PACE : AWS_PACE, past }
  const rollback = { ...input, settings: timingSettings(asRollback(environment), target.speed) }
  return {
    environment: environment.name,
    release: digest ? release.name : `${tag}-…`,
    current,
    changesNothing: digest !== undefined && release.name === current,
    image: {
      tag,
      digest,
      currentDigest: api?.definition?.containerDefinitions?.[0]?.image?.split('@')[1],
    },
    commits: from && to ? await commitsBetween(target.root, from, to) : undefined,
    taskDefinitions: {
      api: diffTaskDefinitions(api?.definition, release.api),
      worker: diffTaskDefinitions(worker?.definition, release.worker),
    },
    services: serviceDifferences(world, api?.service, worker?.service),
    strategy,
    approval,
    sizes: (['api', 'worker'] as const).map(part => {
      const { cpu, memory, desiredCount, maxCount } = environment[part]
      const live = (part === 'api' ? api : worker)?.service?.desiredCount
      return { part, cpu, memory, desiredCount: live ?? desiredCount, maxCount }
    }),
    prediction: {
      release: predictRelease(input),
      rollbackInBake: predictRollbackInBake(input),
      rollbackAfterBake: predictRollbackAfterBake(rollback, WORKER_ON_ROLLBACK),
    },
    budget: rollbackBudget(settings, local ? { api: [], worker: [] } : past, WORKER_ON_ROLLBACK),
  }
}
