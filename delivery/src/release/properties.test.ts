import { ServiceDeploymentStatus } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { requireSuccess } from '../deploy/exit-code.ts'
import { isGood, withCause } from '../deploy/outcome.ts'
import type { ReleaseRecord } from '../deploy/releases.ts'
import type { ClarityError } from '../errors.ts'
import { repeatedFailure, type StoppedTask } from './failure-pattern.ts'
import { overBudget, probeBudget } from './probe-budget.ts'
import { chooseRollback } from './rollback-target.ts'
import { type Facts, judge } from './verdict.ts'

/** What must hold whatever the facts are; the same cases in every run. */
const CASES = 3_000
const STATUSES = [...Object.values(ServiceDeploymentStatus), 'SOMETHING_NEW', undefined]

/** A small generator of numbers (mulberry32), so that a failing case comes back. */
function dice(seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  const of = <T>(values: readonly T[]) => values[below(values.length)] as T
  const some = <T>(values: readonly T[], most: number) =>
    Array.from({ length: below(most + 1) }, () => of(values))
  return { below, of, some, likely: () => next() < 0.8 }
}
type Dice = ReturnType<typeof dice>

function each(check: (dice: Dice) => void): void {
  for (let seed = 1; seed <= CASES; seed++) check(dice(seed))
}

/** Facts of which most are good, so that all being good is no rarity. */
function anyFacts({ of, some, likely }: Dice): Facts {
  const running = likely() ? ['sha256:a', 'sha256:a'] : some(['sha256:a', 'sha256:b', 'unknown'], 3)
  const names = likely() ? ['r2', 'r2'] : some(['r2', 'r1', 'unnamed', 'no answer', 'status 503'], 3)
  return {
    deployment: {
      status: (likely() ? 'SUCCESSFUL' : of(STATUSES)) as Facts['deployment']['status'],
      statusReason: of([undefined, 'a reason']),
      lifecycleStage: of([undefined, 'BAKE_TIME']),
      rollback: of([undefined, { reason: 'another' }]),
    },
    supersededBy: likely() ? undefined : 'arn:other',
    timedOut: of([undefined, false, !likely()]),
    behindBalancer: likely(),
    productionWeight: likely() ? 100 : of([undefined, 0, 50, 99, 99.9, 101, Number.NaN]),
    digest: { wanted: 'sha256:a', running },
    answered: likely() ? { wanted: 'r2', names } : undefined,
  }
}

test('success is never claimed unless everything that it rests on is known and good', () => {
  let succeeded = 0
  each(dice => {
    const facts = anyFacts(dice)
    const { deployment, behindBalancer, productionWeight, digest, answered } = facts
    const verdict = judge(facts)
    if (verdict.kind === 'failed') expect(verdict.reasons.length).toBeGreaterThan(0)
    if (verdict.kind !== 'succeeded') return
    succeeded++
    expect(deployment.status).toBe('SUCCESSFUL')
    expect([facts.supersededBy, Boolean(facts.timedOut)]).toEqual([undefined, false])
    expect(new Set(digest.running)).toEqual(new Set(['sha256:a']))
    if (behindBalancer || productionWeight !== undefined) expect(productionWeight).toBe(100)
    if (behindBalancer || answered) expect(new Set(answered?.names)).toEqual(new Set(['r2']))
  })
  // the property is not empty
  expect(succeeded).toBeGreaterThan(CASES / 20)
})

test('whatever is not success ends with an exit code of its own, whatever cause is added', () => {
  each(dice => {
    const verdict = judge(anyFacts(dice))
    const told = withCause(verdict, dice.of([undefined, 'a cause']))
    expect(told.kind).toBe(verdict.kind)
    expect(isGood({ verdict: told })).toBe(told.kind === 'succeeded')
    let exitCode = 0
    try {
      requireSuccess(told, 'local')
    } catch (error) {
      exitCode = (error as ClarityError).exitCode
    }
    expect(exitCode).toBe(
      { succeeded: 0, failed: 1, 'rolled-back': 6, superseded: 7, 'timed-out': 8 }[told.kind as 'succeeded'],
    )
  })
})

test('a budget that is spent stays spent when more is lost, and nothing lost spends none', () => {
  each(({ below, of }) => {
    const budget = {
      ...probeBudget({ deployment: {} as never }),
      lostInARow: 1 + below(10),
      lostInTotal: 1 + below(20),
      slowShare: below(100) / 100,
    }
    const answered = below(500)
    const failed = below(30)
    const spent = {
      answered,
      failed,
      slow: below(answered + 1),
      run: below(failed + 1),
      reason: of([undefined, 'x']),
    }
    expect(overBudget(budget, { ...spent, failed: 0, run: 0, slow: 0 })).toBeUndefined()
    if (!overBudget(budget, spent)) return
    expect(overBudget(budget, { ...spent, failed: failed + 1, run: spent.run + 1 })).toBeDefined()
    if (spent.slow < answered) expect(overBudget(budget, { ...spent, slow: spent.slow + 1 })).toBeDefined()
  })
})

test('a rollback goes to a release that worked and does not serve, and names only such', () => {
  each(({ of, some, below }) => {
    const records = some(['r1', 'r2', 'r3', 'r10'], 8).map(
      (release, index): ReleaseRecord => ({
        release,
        status: of(STATUSES) ?? 'PENDING',
        taskDefinition: `${release}:1`,
        digest: 'sha256:a',
        deployment: `arn:${index}`,
        createdAt: new Date(1e12 - index),
      }),
    )
    const good = new Set(
      records.filter(({ status }) => status === 'SUCCESSFUL').map(({ release }) => release),
    )
    const current = of([undefined, 'r1', 'r2', 'r3'])
    const wanted = below(2) ? of(['r1', 'r2', 'r3', 'r10', 'r', 'x']) : undefined
    const choice = chooseRollback(records, current, wanted)
    if (choice.kind === 'release') {
      expect(choice.target.status).toBe('SUCCESSFUL')
      expect(choice.target.release).not.toBe(current)
      if (wanted) expect(choice.target.release.startsWith(wanted)).toBe(true)
      // a whole name means that one, though it begins another's
      if (wanted && good.has(wanted)) expect(choice.target.release).toBe(wanted)
    } else {
      expect(choice.possible.every(name => good.has(name) && name !== current)).toBe(true)
    }
  })
})

test('a deployment is never given up for a failure that has not repeated', () => {
  each(({ of, some }) => {
    const tasks = some<StoppedTask>(
      [
        {
          id: 'a',
          stopCode: 'EssentialContainerExited',
          exitCode: 1,
          stoppedReason: 'Essential container in task exited',
        },
        {
          id: 'b',
          stopCode: 'EssentialContainerExited',
          exitCode: 2,
          stoppedReason: 'Essential container in task exited',
        },
        {
          id: 'c',
          stopCode: 'ServiceSchedulerInitiated',
          stoppedReason: 'Scaling activity initiated by (deployment x)',
        },
        {
          id: 'd',
          stopCode: 'TaskFailedToStart',
          stoppedReason: `CannotPullContainerError: ${'f'.repeat(32)}`,
        },
      ],
      6,
    )
    const found = repeatedFailure(tasks)
    const counts = ['a', 'b', 'd'].map(id => tasks.filter(task => task.id === id).length)
    expect(found !== undefined).toBe(Math.max(...counts) >= 2)
    expect(of(['c'])).not.toBe(found?.task)
  })
})
