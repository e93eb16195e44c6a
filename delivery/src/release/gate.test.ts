import { ENVIRONMENTS } from '@clarity/environments'
import { expect, test } from 'vitest'
import { gateContradiction } from './gate.ts'

const { local, prod } = ENVIRONMENTS
const asked = (strategy: typeof local.deployment.strategy, approval: boolean) =>
  gateContradiction({ ...local, deployment: { ...local.deployment, strategy, approval } })

test('an approval that ROLLING cannot wait for is a contradiction, and says how to mend it', () => {
  expect(asked('ROLLING', true)).toMatchObject({
    says: expect.stringMatching(/ROLLING cannot be gated/),
    fix: expect.stringMatching(
      /environments\/src\/local\.ts.*BLUE_GREEN, CANARY or LINEAR.*approval to false/,
    ),
  })
})

test.each([
  ['ROLLING', false],
  ['BLUE_GREEN', true],
  ['CANARY', true],
  ['LINEAR', true],
] as const)('%s with approval %s is none', (strategy, approval) => {
  expect(asked(strategy, approval)).toBeUndefined()
})

test('production has none', () => {
  expect(gateContradiction(prod)).toBeUndefined()
})
