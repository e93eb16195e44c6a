import type { ServiceDeployment, ServiceDeploymentStatus } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { ClarityError } from '../errors.ts'
import { insistOnRollback } from './insist-on-rollback.ts'

function setUp(refusals: Error[], status: ServiceDeploymentStatus = 'IN_PROGRESS') {
  const said: string[] = []
  let orders = 0
  const ecs = {
    rollBack: async () => {
      orders++
      const refusal = refusals.shift()
      if (refusal) throw refusal
    },
    deployment: async () => ({ status }) as ServiceDeployment,
  }
  const abort = new AbortController()
  const step = { progress: (message: string) => void said.push(message), figures: () => {} }
  const insist = () => insistOnRollback(ecs, 'arn', { pollMs: 0, signal: abort.signal, step })
  return { insist, abort, said, orders: () => orders }
}

test('asks again until ECS takes the order', async () => {
  const { insist, orders, said } = setUp([new Error('500'), new Error('500'), new Error('500')])
  await insist()
  expect(orders()).toBe(4)
  expect(said).toHaveLength(3)
})

test.each<ServiceDeploymentStatus>(['SUCCESSFUL', 'ROLLBACK_IN_PROGRESS', 'STOP_REQUESTED'])(
  'stops asking when the deployment is %s',
  async status => {
    const { insist, orders } = setUp([new Error('conflict')], status)
    await insist()
    expect(orders()).toBe(1)
  },
)

test('does not ask for what another lock holder decides', async () => {
  const { insist, orders, said } = setUp([new ClarityError('lock_lost', 'another holds the lock', 'look')])
  await insist()
  expect(orders()).toBe(1)
  expect(said.join()).toContain('another holds the lock')
})

test('ends when nobody follows any more', async () => {
  const { insist, abort } = setUp(Array.from({ length: 1000 }, () => new Error('500')))
  const asking = insist()
  abort.abort()
  await asking
})
