import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from '@aws-sdk/client-ecs'
import { ENVIRONMENTS, type Environment, HANDED_ON } from '@clarity/environments'
import { expect, test } from 'vitest'
import type { HandedOnValues } from '../aws/parameters.ts'
import { differenceWords, diffTaskDefinitions } from './task-definition-diff.ts'
import { renderRelease } from './task-definitions.ts'

const handedOn = Object.fromEntries(HANDED_ON.map(key => [key, `the ${key}`])) as HandedOnValues
const render = (change: Partial<Environment> = {}, tag = 'aaaaaaaaaaaa') =>
  renderRelease({
    environment: { ...ENVIRONMENTS.prod, ...change },
    handedOn,
    tag,
    digest: `sha256:${tag}`,
    architecture: 'X86_64',
  }).api

/** As ECS describes what was registered: with what it adds and its defaults. */
function described(input: RegisterTaskDefinitionCommandInput): TaskDefinition {
  return {
    ...structuredClone(input),
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:124355672559:task-definition/clarity-backend:7',
    revision: 7,
    status: 'ACTIVE',
    compatibilities: ['EC2', 'FARGATE'],
    requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
    registeredAt: new Date(),
    registeredBy: 'arn:aws:iam::124355672559:role/ci',
    placementConstraints: [],
    enableFaultInjection: false,
    volumes: [{ name: 'scratch', host: {} }],
    containerDefinitions: input.containerDefinitions?.map(container => ({
      ...container,
      cpu: 0,
      volumesFrom: [],
      systemControls: [],
      environment: container.environment?.toReversed(),
      portMappings: container.portMappings?.map(mapping => ({ ...mapping, hostPort: mapping.containerPort })),
    })),
  }
}

test('another image under another release name is no difference, nor is what ECS adds', () => {
  expect(diffTaskDefinitions(described(render({}, 'aaaaaaaaaaaa')), render({}, 'bbbbbbbbbbbb'))).toEqual([])
})

test('names what changed, with values before and after', () => {
  const next = render({
    api: { ...ENVIRONMENTS.prod.api, cpu: 2048 },
    backend: { ...ENVIRONMENTS.prod.backend, logLevel: 'debug' },
    endpoint: 'http://localhost:4566',
  })
  expect(diffTaskDefinitions(described(render()), next).map(differenceWords)).toEqual([
    '+ containers.api.environment.COGNITO_ISSUER http://localhost:4566/the user-pool-id',
    '~ containers.api.environment.LOG_LEVEL info → debug',
    '~ cpu 1024 → 2048',
  ])
})

test('what is gone is named; secrets by where they come from; values under secret-like names are not shown', () => {
  const [container] = render().containerDefinitions ?? []
  const before = described({
    ...render(),
    containerDefinitions: [
      {
        ...container,
        environment: [...(container?.environment ?? []), { name: 'API_TOKEN', value: 'hunter2' }],
        secrets: [{ name: 'GEMINI_API_KEY', valueFrom: 'arn:old' }],
      },
    ],
  })
  const words = diffTaskDefinitions(before, render()).map(differenceWords)
  expect(words).toEqual([
    '- containers.api.environment.API_TOKEN (not shown)',
    '~ containers.api.secrets.GEMINI_API_KEY arn:old → the gemini-secret-arn',
  ])
})

test('before a first release there is nothing to compare with', () => {
  expect(diffTaskDefinitions(undefined, render())).toEqual([])
})
