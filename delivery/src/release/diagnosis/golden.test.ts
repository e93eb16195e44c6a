import { expect, test } from 'vitest'
import { diagnose } from './diagnose.ts'
import { CAPACITY_CASES } from './golden/capacity-cases.ts'
import type { Case } from './golden/case.ts'
import { CONTAINER_CASES } from './golden/container-cases.ts'
import { DEPLOYMENT_CASES } from './golden/deployment-cases.ts'
import { facts } from './golden/facts.ts'
import { HEALTH_CASES } from './golden/health-cases.ts'
import { IMAGE_CASES } from './golden/image-cases.ts'
import { START_UP_CASES } from './golden/start-up-cases.ts'
import { RULES } from './rules.ts'

/** One case and more for each entry of the catalogue of known causes. */
const GOLDEN: Case[] = [
  ...IMAGE_CASES,
  ...START_UP_CASES,
  ...CONTAINER_CASES,
  ...HEALTH_CASES,
  ...CAPACITY_CASES,
  ...DEPLOYMENT_CASES,
]

test.each(GOLDEN)('%s', (id, change, says) => {
  const { state, cause } = diagnose(facts(change))
  expect([state, cause?.id]).toEqual(['failing', id])
  expect(cause?.cause).toMatch(says ?? /./)
  expect(cause?.evidence.length).toBeGreaterThan(0)
  // every name in the texts is filled
  expect(`${cause?.cause} ${cause?.fix}`).not.toMatch(/\{\w+[|}]|undefined|<(?!vCPUs|its)\w+>/)
})

test('every rule has its golden case, but those that cannot fail a deployment alone', () => {
  const covered = new Set(GOLDEN.map(([id]) => id))
  expect(RULES.map(rule => rule.id).filter(id => !covered.has(id))).toEqual([
    'still-being-checked',
    'draining',
  ])
  expect(new Set(RULES.map(rule => rule.id)).size).toBe(RULES.length)
})
