import { setTimeout as sleep } from 'node:timers/promises'
import type { Ecs } from '../aws/ecs.ts'
import { ClarityError } from '../errors.ts'
import type { Step } from '../ui/events.ts'
import { isTerminal } from './follow.ts'

/** Looks between two orders: ECS has refused the SDK's own retries by then. */
const LOOKS_BETWEEN = 5

/**
 * Orders a deployment back until ECS has taken the order or the deployment has ended: an order that was refused must
 * not be forgotten while a bad release bakes. A lock that was lost is no refusal of ECS's: then another decides.
 * @param signal ends the asking when nobody follows the deployment any more
 */
export async function insistOnRollback(
  ecs: Pick<Ecs, 'rollBack' | 'deployment'>,
  arn: string,
  { pollMs, signal, step }: { pollMs: number; signal: AbortSignal; step: Step },
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await ecs.rollBack(arn)
    } catch (error) {
      if (error instanceof ClarityError) return step.progress(`not taken back: ${error.message}`)
      if (await isOver(ecs, arn)) return
      step.progress(`ECS refused the rollback (${(error as Error).name}): asking again`)
      await sleep(pollMs * LOOKS_BETWEEN, undefined, { signal }).catch(() => {})
    }
  }
}

async function isOver(ecs: Pick<Ecs, 'deployment'>, arn: string): Promise<boolean> {
  try {
    const { status } = await ecs.deployment(arn)
    return isTerminal(status) || status?.startsWith('ROLLBACK') === true || status === 'STOP_REQUESTED'
  } catch {
    return false
  }
}
