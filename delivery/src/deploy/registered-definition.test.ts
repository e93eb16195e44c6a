import type { TaskDefinition } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { registeredDefinition } from './registered-definition.ts'

const arnOf = (revision: number) =>
  `arn:aws:ecs:us-east-1:124355672559:task-definition/clarity-backend:${revision}`

/** An ECS that knows these releases of one family, the oldest first; undefined is a revision that was deleted. */
function family(...releases: (string | undefined)[]) {
  const asked: string[] = []
  const taskDefinition = async (name: string): Promise<TaskDefinition> => {
    asked.push(name)
    const [, number] = name.split(':')
    const newest = releases.findLastIndex(release => release !== undefined) + 1
    const revision = number === undefined ? newest : Number(number)
    const release = releases[revision - 1]
    if (!release)
      throw Object.assign(new Error('Unable to describe task definition.'), { name: 'ClientException' })
    return {
      taskDefinitionArn: arnOf(revision),
      revision,
      status: release.startsWith('old') ? 'INACTIVE' : 'ACTIVE',
      containerDefinitions: [{ environment: [{ name: 'RELEASE', value: release }] }],
    }
  }
  return { ecs: { taskDefinition }, asked }
}

test('finds what was registered, also when others have registered since', async () => {
  const { ecs } = family('a', 'wanted', undefined, 'b', 'c-drill')
  expect(await registeredDefinition(ecs, 'clarity-backend', 'wanted')).toBe(arnOf(2))
})

test('asks once when it is the newest', async () => {
  const { ecs, asked } = family('a', 'wanted')
  expect(await registeredDefinition(ecs, 'clarity-backend', 'wanted')).toBe(arnOf(2))
  expect(asked).toEqual(['clarity-backend'])
})

test('takes none that was deregistered, and none of a family that is not there', async () => {
  expect(await registeredDefinition(family('old-1', 'b').ecs, 'clarity-backend', 'old-1')).toBeUndefined()
  expect(await registeredDefinition(family().ecs, 'clarity-backend', 'wanted')).toBeUndefined()
})

test('does not take a refusal for an answer', async () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' })
  const ecs = { taskDefinition: () => Promise.reject(denied) }
  await expect(registeredDefinition(ecs, 'clarity-backend', 'wanted')).rejects.toThrow('no')
})
