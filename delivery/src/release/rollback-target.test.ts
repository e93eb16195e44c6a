import { expect, test } from 'vitest'
import type { ReleaseRecord } from '../deploy/releases.ts'
import { chooseRollback } from './rollback-target.ts'

const record = (release: string, status = 'SUCCESSFUL'): ReleaseRecord => ({
  release,
  status,
  taskDefinition: `td-${release}`,
  digest: 'sha256:x',
  deployment: `arn-${release}`,
  createdAt: new Date(0),
})
const target = (choice: ReturnType<typeof chooseRollback>) =>
  choice.kind === 'release' ? choice.target.release : `none: ${choice.possible.join()}`

test('goes to the newest release that worked before, past those that did not', () => {
  const records = [record('c'), record('b', 'ROLLBACK_SUCCESSFUL'), record('a')]
  expect(target(chooseRollback(records, 'c'))).toBe('a')
})

test('going back twice goes further back, not to what was left', () => {
  const records = [record('b'), record('c'), record('b'), record('a')]
  expect(target(chooseRollback(records, 'b'))).toBe('a')
})

test('refuses when nothing served before, and says what is possible', () => {
  expect(target(chooseRollback([record('a'), record('b'), record('a')], 'a'))).toBe('none: b')
  expect(target(chooseRollback([record('a')], 'a'))).toBe('none: ')
})

test('goes where it is told, if that release worked', () => {
  const records = [record('c'), record('b', 'STOPPED'), record('a')]
  expect(target(chooseRollback(records, 'c', 'a'))).toBe('a')
  expect(target(chooseRollback(records, 'c', 'b'))).toBe('none: a')
  expect(target(chooseRollback(records, 'c', 'c'))).toBe('none: a')
})
