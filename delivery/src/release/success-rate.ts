/** What ECS records of one deployment, as far as success is concerned. */
export interface RecordedDeployment {
  /** ECS's own status. */
  status: string
  statusReason?: string
  taskDefinition: string
  /** Who ordered it to be stopped, where that is known; ECS itself records nobody. */
  stoppedBy?: 'person' | 'clarity'
}

/**
 * `neither` counts for no side: what a person ordered, and what a newer deployment replaced. `taken-back` was
 * stopped by an order whose author nobody recorded.
 */
export type Result = 'succeeded' | 'failed' | 'taken-back' | 'neither' | 'under-way'

export interface SuccessRate {
  succeeded: number
  /** Those that failed, and those that were taken back by nobody knows whom. */
  failed: number
  /** How many of the failed were taken back by an order whose author is unknown. */
  takenBack: number
  neither: number
  /** Succeeded of succeeded and failed, 0 to 1; undefined before the first has ended. */
  rate?: number
  /** The rate if persons ordered all that were taken back: it lies between `rate` and this. */
  atBest?: number
}

/** The mission's aim. */
export const SUCCESS_GOAL = 0.99

/** The rule in words, for those who read the number. */
export const SUCCESS_RULE =
  'succeeded of succeeded and failed; a return to an earlier release, a person’s rejection or stop, and a deployment that a newer one replaced count as neither; one that was stopped by order counts as failed unless a person is known to have ordered it, for clarity stops bad releases by the same order'

/**
 * What became of each deployment.
 * @param deployments of one service, newest first
 */
export function resultsOf(deployments: RecordedDeployment[]): Result[] {
  const served = new Set<string>()
  let current: string | undefined
  const oldestFirst = deployments.toReversed().map(deployment => {
    const { status, taskDefinition } = deployment
    if (status !== 'SUCCESSFUL') return resultOfUnsuccessful(deployment)
    const returned = served.has(taskDefinition) && taskDefinition !== current
    served.add(taskDefinition)
    current = taskDefinition
    return returned ? 'neither' : 'succeeded'
  })
  return oldestFirst.reverse()
}

/** The deployment success rate; what is under way does not count. */
export function successRate(results: Result[]): SuccessRate {
  const count = (result: Result) => results.filter(r => r === result).length
  const succeeded = count('succeeded')
  const takenBack = count('taken-back')
  const failed = count('failed') + takenBack
  const share = (losses: number) => (succeeded + losses === 0 ? undefined : succeeded / (succeeded + losses))
  return {
    succeeded,
    failed,
    takenBack,
    neither: count('neither'),
    rate: share(failed),
    atBest: share(failed - takenBack),
  }
}

function resultOfUnsuccessful({ status, statusReason = '', stoppedBy }: RecordedDeployment): Result {
  // not even the way back worked: whoever ordered it, that is a failure
  if (status === 'ROLLBACK_FAILED') return 'failed'
  if (status !== 'ROLLBACK_SUCCESSFUL' && status !== 'STOPPED') return 'under-way'
  if (/a new service deployment started/.test(statusReason)) return 'neither'
  // the suites answer the pause after test traffic, persons the other pauses
  if (/ROLLBACK was chosen/.test(statusReason) && !/POST_TEST_TRAFFIC_SHIFT/.test(statusReason))
    return 'neither'
  if (!/StopServiceDeployment was called/.test(statusReason)) return 'failed'
  if (stoppedBy === undefined) return 'taken-back'
  return stoppedBy === 'person' ? 'neither' : 'failed'
}
