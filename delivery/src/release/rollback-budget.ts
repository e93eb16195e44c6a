import { AWS_PACE } from './pace.ts'
import {
  type Prediction,
  type PredictionInput,
  predictRollbackAfterBake,
  predictRollbackInBake,
  type TimingSettings,
} from './prediction.ts'

/** Whether a rollback on AWS keeps the mission's promise, with the sum behind it. */
export interface BudgetLine {
  what: 'in bake' | 'after bake'
  limitSeconds: number
  /** Absent where it cannot be done at all. */
  prediction?: Prediction
  /** `6 s detect + 1 s StopServiceDeployment + …`. */
  arithmetic: string
  met: boolean
  /** Why not, and which setting decides; absent when met. */
  why?: string
}

/** Seconds from the first bad answer, in bake; and from the command, after it. */
export const BUDGET = { inBake: 60, afterBake: 120 } as const

/**
 * The rollback budget on AWS under an environment's settings.
 * @param past the environment's own deployments where it is on AWS; none where it is the laptop
 */
export function rollbackBudget(
  settings: Omit<TimingSettings, 'speed'>,
  past: PredictionInput['past'],
  worker: 'before' | 'beside',
): BudgetLine[] {
  const input = { settings: { ...settings, speed: 1 }, pace: AWS_PACE, past }
  const atOnce = { ...input.settings, shift: { steps: 1, waitMinutes: 0 } }
  const after = predictRollbackAfterBake({ ...input, settings: atOnce }, worker)
  return [
    inBake(settings, predictRollbackInBake(input)),
    line('after bake', BUDGET.afterBake, after, longest(after)),
  ]
}

function inBake({ strategy }: Omit<TimingSettings, 'speed'>, prediction: Prediction | undefined): BudgetLine {
  if (prediction) return line('in bake', BUDGET.inBake, prediction, longest(prediction))
  const why =
    strategy === 'ROLLING'
      ? 'a ROLLING service has nothing that stands by: set deployment.strategy to BLUE_GREEN'
      : 'without bake the revision before is gone at once: set deployment.bakeMinutes above 0'
  return { what: 'in bake', limitSeconds: BUDGET.inBake, arithmetic: 'not possible', met: false, why }
}

function line(
  what: BudgetLine['what'],
  limitSeconds: number,
  prediction: Prediction,
  decides: string,
): BudgetLine {
  const met = prediction.seconds < limitSeconds
  const parts = prediction.stages.map(({ stage, seconds }) => `${Math.round(seconds)} s ${stage}`)
  return {
    what,
    limitSeconds,
    prediction,
    arithmetic: `${parts.join(' + ')} = ${Math.round(prediction.seconds)} s`,
    met,
    ...(met ? {} : { why: `${Math.round(prediction.seconds)} s is over; most of it: ${decides}` }),
  }
}

function longest({ stages }: Prediction): string {
  return stages
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, 2)
    .map(({ stage, seconds, how }) => `${stage} ${Math.round(seconds)} s (${how})`)
    .join(', ')
}
