import { expect, test } from 'vitest'
import { type Facts, judge } from './verdict.ts'

const good: Facts = {
  deployment: { status: 'SUCCESSFUL', lifecycleStage: 'CLEAN_UP' },
  behindBalancer: true,
  productionWeight: 100,
  digest: { wanted: 'sha256:a', running: ['sha256:a', 'sha256:a'] },
  answered: { wanted: 'r2', names: ['r2', 'r2'] },
}

test('success needs every fact', () => {
  expect(judge(good)).toEqual({ kind: 'succeeded' })
})

test.each<[string, Partial<Facts>, RegExp]>([
  ['ECS has not finished', { deployment: { status: 'IN_PROGRESS' } }, /IN_PROGRESS/],
  ['ECS stopped it', { deployment: { status: 'STOPPED', statusReason: 'by hand' } }, /STOPPED: by hand/],
  ['the rule weighs otherwise', { productionWeight: 0 }, /0 % of the weight/],
  ['another digest runs', { digest: { wanted: 'sha256:a', running: ['sha256:b'] } }, /sha256:b/],
  ['nothing runs', { digest: { wanted: 'sha256:a', running: [] } }, /no task/],
  ['the old release answers', { answered: { wanted: 'r2', names: ['r2', 'r1'] } }, /still answers as r1/],
  ['nobody looked at the rule', { productionWeight: undefined }, /not known/],
  ['nobody asked the listener', { answered: undefined }, /not asked/],
  ['nothing answers', { answered: { wanted: 'r2', names: [] } }, /nothing answered/],
])('no success when %s', (_, change, reason) => {
  const verdict = judge({ ...good, ...change })
  expect(verdict.kind).toBe('failed')
  expect(verdict.kind === 'failed' && verdict.reasons.join()).toMatch(reason)
})

test('a rollback is told as such, with its reason', () => {
  const deployment = { status: 'ROLLBACK_SUCCESSFUL' as const, rollback: { reason: 'the suites failed' } }
  expect(judge({ ...good, deployment })).toEqual({ kind: 'rolled-back', reason: 'the suites failed' })
})

test('a later deployment and a wait that ended are told as such', () => {
  expect(judge({ ...good, supersededBy: 'arn:other' })).toEqual({ kind: 'superseded', by: 'arn:other' })
  expect(judge({ ...good, timedOut: true })).toEqual({ kind: 'timed-out', stage: 'CLEAN_UP' })
})
