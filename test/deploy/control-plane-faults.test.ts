import { ENVIRONMENTS, namesOf } from '@clarity/environments'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createEcs } from '../../delivery/src/aws/ecs.ts'
import { followDeployment } from '../../delivery/src/deploy/follow.ts'
import { startProber } from '../../delivery/src/deploy/prober.ts'
import type { Access } from '../../delivery/src/target.ts'
import type { Fault } from '../../local-cloud/src/gateway/faults.ts'
import { accessTo } from '../support/access.ts'
import { makeRelease } from '../support/change.ts'
import { addFaults, advanceClock, clearFaults, faultsLeft } from '../support/control.ts'
import type { Laptop } from '../support/laptop.ts'
import { servingLaptop } from '../support/serving-laptop.ts'

/** Every operation of ECS that a release calls. */
const OPERATIONS = [
  'DescribeServices',
  'DescribeTaskDefinition',
  'RegisterTaskDefinition',
  'UpdateService',
  'ListServiceDeployments',
  'DescribeServiceDeployments',
  'DescribeServiceRevisions',
  'ContinueServiceDeployment',
  'ListTasks',
  'DescribeTasks',
]
const THROTTLED = { kind: 'error', code: 'ThrottlingException', status: 400 } as const
const BROKEN = { kind: 'error', code: 'ServerException', status: 500 } as const
const { cluster, apiService } = namesOf(ENVIRONMENTS.local)

/** A control plane that stumbles at every call: what `clarity deploy` says stays true, and it says it in bounded time. */
let laptop: Laptop
let access: Access
let round = 0

beforeAll(async () => {
  laptop = await servingLaptop()
  access = await accessTo(laptop)
}, 180_000)
afterAll(() => laptop.dispose(), 60_000)
beforeEach(async () => {
  await clearFaults(laptop)
  await makeRelease(laptop, ++round)
})

const inject = (...faults: Omit<Fault, 'service'>[]) =>
  addFaults(laptop, ...faults.map(fault => ({ service: 'ecs', ...fault })))

async function serving(): Promise<string | null> {
  return (await fetch(`${laptop.baseUrl}/health`)).headers.get('x-clarity-release')
}

/** Deploys while every operation in turn stumbles; each fault must have struck. */
async function succeedsThrough(...kinds: Omit<Fault, 'service' | 'operation'>[]): Promise<void> {
  await inject(...OPERATIONS.flatMap(operation => kinds.map(kind => ({ operation, ...kind }))))
  const traffic = startProber(`${laptop.baseUrl}/health`, {
    perSecond: 20,
    releaseHeader: 'x-clarity-release',
  })
  const deploy = await laptop.clarity('deploy', 'local')
  expect(deploy.last, await laptop.cloudLog()).toMatchObject({
    data: { outcome: { verdict: { kind: 'succeeded' } } },
  })
  expect(await serving()).toBe(deploy.last.data.release)
  expect(await faultsLeft(laptop)).toEqual([])
  expect(await traffic.stop()).toMatchObject({ failed: 0 })
}

test('throttled and failing twice at every call, a release still succeeds', {
  timeout: 120_000,
}, async () => {
  await succeedsThrough({ ...THROTTLED, times: 2 }, { ...BROKEN, times: 2 })
})

test('so it does with connections that drop, slow answers and a clock that is 20 minutes off', {
  timeout: 120_000,
}, async () => {
  await advanceClock(laptop, 20 * 60_000)
  await succeedsThrough({ kind: 'drop', times: 2 }, { kind: 'delay', delayMs: 500, times: 1 })
})

test('a change that ECS refuses for ever ends the command, and nothing has changed', {
  timeout: 120_000,
}, async () => {
  const before = await serving()
  await inject({ operation: 'UpdateService', ...BROKEN })
  const deploy = await laptop.clarity('deploy', 'local')
  expect(deploy.exitCode).toBe(1)
  expect(deploy.last).toMatchObject({
    type: 'error',
    message: expect.stringMatching(/injected/),
  })
  expect(await serving()).toBe(before)
})

test('a pause that cannot be answered is no success, and the release is taken back through the same stumbling', {
  timeout: 120_000,
}, async () => {
  const before = await serving()
  await inject({ operation: 'ContinueServiceDeployment', ...BROKEN })
  const deploy = await laptop.clarity('deploy', 'local')
  expect(deploy.exitCode).toBeGreaterThan(0)
  expect(deploy.last).toMatchObject({ type: 'error' })
  const stop = { operation: 'StopServiceDeployment' }
  await inject({ ...stop, ...THROTTLED, times: 2 }, { ...stop, ...BROKEN, times: 2 })
  const back = await laptop.clarity('rollback', 'local')
  expect(back.last, await laptop.cloudLog()).toMatchObject({
    data: { kind: 'stopped', restored: before },
  })
  expect(await serving()).toBe(before)
})

test('an ECS that does not tell any more is told as such, in bounded time', { timeout: 30_000 }, async () => {
  const ecs = createEcs(access)
  const [newest] = await ecs.deployments(cluster, apiService, 1)
  await inject({ operation: 'DescribeServiceDeployments', kind: 'drop' })
  const following = followDeployment(ecs, newest?.serviceDeploymentArn ?? '', {
    pollMs: 50,
    timeoutMs: 60_000,
    silenceMs: 1000,
    signal: AbortSignal.timeout(30_000),
    onChange: () => {},
    onPause: async () => 'again',
  })
  await expect(following).rejects.toMatchObject({ code: 'out_of_sight', exitCode: 8 })
})
