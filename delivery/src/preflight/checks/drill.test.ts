import { ENVIRONMENTS } from '@clarity/environments'
import { expect, test } from 'vitest'
import type { DrillStanding } from '../../evidence/check-drill.ts'
import type { PreflightWorld } from '../check.ts'
import { drill } from './drill.ts'

const world = (standing?: () => Promise<DrillStanding>) =>
  ({
    environment: ENVIRONMENTS.prod,
    drill: standing && { where: 'staging', standing },
  }) as PreflightWorld

test('passes where none is asked for, and where one passed lately', async () => {
  expect(await drill.run(world())).toMatchObject([{ outcome: 'passed' }])
  const passed = { kind: 'passed', sequence: 7, seconds: 5.6, ageDays: 2 } as const
  expect(await drill.run(world(async () => passed))).toMatchObject([
    { outcome: 'passed', says: expect.stringContaining('5.6 s') },
  ])
})

test('fails with the command that mends it', async () => {
  const missing = { kind: 'missing', why: 'no drill was ever held' } as const
  expect(await drill.run(world(async () => missing))).toEqual([
    { outcome: 'failed', says: 'staging: no drill was ever held', fix: 'clarity drill staging' },
  ])
})

test('a chain that cannot be read is neither', async () => {
  const refused = () => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDenied' }))
  expect(await drill.run(world(refused))).toMatchObject([{ outcome: 'unchecked' }])
})
