import type { Environment } from '@clarity/environments'

/** What production may lose between shift and end before a release is taken back. */
export interface ProbeBudget {
  perSecond: number
  lostInARow: number
  lostInTotal: number
  /** Share of answers that may take longer than a second. */
  slowShare: number
}

/** What a prober has counted since the shift began. */
export interface Spent {
  answered: number
  failed: number
  slow: number
  run: number
  /** Why the last failure failed. */
  reason?: string
}

/** One second without an answer is enough; two of a minute's answers are not. */
const USUAL: ProbeBudget = { perSecond: 5, lostInARow: 5, lostInTotal: 10, slowShare: 0.2 }
/** Answers below which a share says nothing. */
const ENOUGH = 25

/** The budget of an environment; what its data leaves open is as usual. */
export function probeBudget({ deployment }: Pick<Environment, 'deployment'>): ProbeBudget {
  return { ...USUAL, ...deployment.prober }
}

/** @returns why the release must go back; undefined while the budget lasts */
export function overBudget(budget: ProbeBudget, spent: Spent): string | undefined {
  const { answered, failed, slow, run, reason } = spent
  const why = reason ? `: ${reason}` : ''
  if (run >= budget.lostInARow) return `the prober lost ${run} requests in a row${why}`
  if (failed >= budget.lostInTotal)
    return `the prober lost ${failed} of ${answered + failed} requests since the shift began${why}`
  if (answered >= ENOUGH && slow / answered > budget.slowShare)
    return `${slow} of ${answered} answers since the shift began took longer than a second`
  return undefined
}
