import { expect, test } from 'vitest'
import type { Ecs } from '../aws/ecs.ts'
import { ClarityError } from '../errors.ts'
import { fence } from './fenced-ecs.ts'

function recorder() {
  const calls: string[] = []
  const record = (name: string) => async () => void calls.push(name)
  const names = [
    'registerTaskDefinition',
    'createService',
    'updateService',
    'answerHook',
    'rollBack',
    'service',
  ]
  const ecs = Object.fromEntries(names.map(name => [name, record(name)])) as unknown as Ecs
  return { calls, ecs }
}

const lost = async () => {
  throw new ClarityError('lock_lost', 'lost', 'stop')
}

test('changes nothing once the lock is lost, and still looks', async () => {
  const { calls, ecs } = recorder()
  const fenced = fence(ecs, { assertHeld: lost })
  await expect(fenced.updateService({ service: 's' })).rejects.toMatchObject({ code: 'lock_lost' })
  await expect(fenced.createService({ serviceName: 's' })).rejects.toMatchObject({ code: 'lock_lost' })
  await expect(fenced.registerTaskDefinition({ family: 'f', containerDefinitions: [] })).rejects.toThrow(
    'lost',
  )
  await expect(fenced.answerHook('d', 'h', 'CONTINUE')).rejects.toThrow('lost')
  await expect(fenced.rollBack('d')).rejects.toThrow('lost')
  await fenced.service('c', 's')
  expect(calls).toEqual(['service'])
})

test('rolls back though the lock table does not answer', async () => {
  const { calls, ecs } = recorder()
  const fenced = fence(ecs, { assertHeld: () => Promise.reject(new Error('throttled')) })
  await fenced.rollBack('d')
  await expect(fenced.updateService({ service: 's' })).rejects.toThrow('throttled')
  expect(calls).toEqual(['rollBack'])
})
