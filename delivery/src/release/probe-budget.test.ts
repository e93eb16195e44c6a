import { ENVIRONMENTS } from '@clarity/environments'
import { expect, test } from 'vitest'
import { overBudget, probeBudget } from './probe-budget.ts'

const budget = probeBudget(ENVIRONMENTS.local)
const spent = { answered: 100, failed: 0, slow: 0, run: 0 }

test.each([
  ['nothing lost', spent, undefined],
  ['one below every limit', { ...spent, failed: 9, run: 4, slow: 20 }, undefined],
  ['lost in a row', { ...spent, failed: 5, run: 5, reason: 'status 500' }, /5 requests in a row: status 500/],
  ['lost here and there', { ...spent, failed: 10, run: 1 }, /10 of 110 requests/],
  ['slow', { ...spent, slow: 21 }, /21 of 100 answers/],
  ['slow, but of too few to tell', { ...spent, answered: 10, slow: 10 }, undefined],
])('%s', (_, what, why) => {
  if (why) expect(overBudget(budget, what)).toMatch(why)
  else expect(overBudget(budget, what)).toBeUndefined()
})

test("an environment's data replaces only what it names", () => {
  const { deployment } = ENVIRONMENTS.local
  const strict = probeBudget({ deployment: { ...deployment, prober: { lostInTotal: 1 } } })
  expect(strict).toEqual({ ...budget, lostInTotal: 1 })
  expect(overBudget(strict, { ...spent, failed: 1, run: 0 })).toMatch(/1 of 101/)
})
