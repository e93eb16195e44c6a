import { RELEASE_HEADER } from '@clarity/suites'
import { overBudget, probeBudget } from '../release/probe-budget.ts'
import type { Step } from '../ui/events.ts'
import { type ProbeCount, startProber } from './prober.ts'
import type { ShipContext } from './ship.ts'

/** Asked in turn: alive, and the way into the API, where a stranger is answered 401. */
const PATHS = ['/health', '/api/v1/metrics']
/** Pause between two tellings of the figures, in ms. */
const FIGURES_MS = 1000

export interface ProductionWatch {
  /** From here on losses are the release's: before the shift they are not. Further calls change nothing. */
  arm(): void
  stop(): Promise<ProbeCount>
}

/**
 * Probes production while a release shifts and bakes.
 * @param takeBack called once, when the environment's budget is spent
 */
export function watchProduction(
  { environment }: Pick<ShipContext, 'environment'>,
  coming: string,
  step: Step,
  takeBack: (why: string) => void,
): ProductionWatch {
  const budget = probeBudget(environment)
  let armed: ProbeCount | undefined
  let spent = false
  const prober = startProber(environment.loadBalancer.baseUrl, {
    perSecond: budget.perSecond,
    releaseHeader: RELEASE_HEADER,
    coming,
    paths: PATHS,
    onCount: count => {
      if (!armed || spent) return
      const failed = count.failed - armed.failed
      const why = overBudget(budget, {
        answered: answers(count) - answers(armed),
        failed,
        slow: count.slow - armed.slow,
        run: Math.min(count.run, failed),
        reason: count.reasons.at(-1),
      })
      if (!why) return
      spent = true
      takeBack(why)
    },
  })
  const telling = setInterval(() => step.figures({ probes: prober.count() }), FIGURES_MS)
  return {
    arm: () => {
      armed ??= { ...prober.count(), byRelease: { ...prober.count().byRelease } }
    },
    stop: () => {
      clearInterval(telling)
      return prober.stop()
    },
  }
}

function answers({ byRelease }: ProbeCount): number {
  return Object.values(byRelease).reduce((sum, count) => sum + count, 0)
}
