import { ENVIRONMENTS, type Environment, HANDED_ON } from '@clarity/environments'
import { describe, expect, test } from 'vitest'
import { productionRelease } from '../ci-cd/aws/render.ts'
import type { HandedOnValues } from '../delivery/src/aws/parameters.ts'
import { createApiService, createWorkerService } from '../delivery/src/release/services.ts'
import { renderRelease } from '../delivery/src/release/task-definitions.ts'
import { checkRelease, type ReleaseDocuments } from '../infra/src/rules/release.ts'
import type { Json } from '../infra/src/rules/rule.ts'

/** What a release makes, held to the rules that the templates of an account cannot show. */
function documentsOf(environment: Environment): ReleaseDocuments {
  const handedOn = {
    ...(Object.fromEntries(
      HANDED_ON.map(key => [key, `arn:aws:service:us-east-1:1:${key}`]),
    ) as HandedOnValues),
    'gemini-secret-arn': 'arn:aws:secretsmanager:us-east-1:1:secret:gemini',
  }
  const digest = `sha256:${'a'.repeat(64)}`
  const { api, worker } = renderRelease({
    environment,
    handedOn,
    digest,
    tag: 'commit',
    architecture: 'X86_64',
  })
  return structuredClone({
    environment,
    taskDefinitions: [api, worker] as unknown as Json[],
    services: [
      createApiService(environment, handedOn, 'clarity-backend:1'),
      createWorkerService(environment, handedOn, 'clarity-backend-worker:1'),
    ] as unknown as Json[],
  })
}

test.each(Object.values(ENVIRONMENTS))('a release into $name keeps every rule', environment => {
  expect(checkRelease(documentsOf(environment))).toEqual([])
})

test('so does the task definition that is kept as a file', () => {
  const { api, worker } = productionRelease()
  const taskDefinitions = [api, worker] as unknown as Json[]
  expect(checkRelease({ environment: ENVIRONMENTS.prod, taskDefinitions, services: [] })).toEqual([])
})

describe('a weaker release is seen', () => {
  type Change = (parts: { container: Json; task: Json; api: Json; worker: Json; deployment: Json }) => void
  const weakenings: [does: string, rule: string, change: Change][] = [
    [
      'runs a tag',
      'task-image-by-digest',
      ({ container }) => {
        container.image = 'clarity-backend:latest'
      },
    ],
    [
      'runs as root',
      'task-unprivileged',
      ({ container }) => {
        container.user = '0:0'
      },
    ],
    [
      'can change its own code',
      'task-unprivileged',
      ({ container }) => {
        container.readonlyRootFilesystem = false
      },
    ],
    [
      'is privileged',
      'task-unprivileged',
      ({ container }) => {
        container.privileged = true
      },
    ],
    [
      'shares the host’s network',
      'task-unprivileged',
      ({ task }) => {
        task.networkMode = 'host'
      },
    ],
    [
      'has a secret in the clear',
      'task-secrets-by-reference',
      ({ container }) => {
        container.environment = [{ name: 'GEMINI_API_KEY', value: 'x' }]
      },
    ],
    [
      'writes its lines nowhere',
      'task-logged',
      ({ container }) => {
        delete container.logConfiguration
      },
    ],
    [
      'is killed at once',
      'task-stops-in-time',
      ({ container }) => {
        container.stopTimeout = 2
      },
    ],
    [
      'has public addresses',
      'service-private',
      ({ api }) => {
        api.networkConfiguration = { awsvpcConfiguration: { assignPublicIp: 'ENABLED' } }
      },
    ],
    [
      'trusts a circuit breaker with blue/green',
      'deployment-can-return',
      ({ deployment }) => {
        deployment.deploymentCircuitBreaker = { enable: true, rollback: true }
      },
    ],
    [
      'does not bake',
      'deployment-can-return',
      ({ deployment }) => {
        deployment.bakeTimeInMinutes = 0
      },
    ],
    [
      'serves before it was tested',
      'deployment-can-return',
      ({ deployment }) => {
        deployment.lifecycleHooks = []
      },
    ],
    [
      'runs production on Spot',
      'spot-for-patient-work',
      ({ worker }) => {
        worker.capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]
      },
    ],
  ]
  test.each(weakenings)('it %s', (_, rule, change) => {
    const documents = documentsOf(ENVIRONMENTS.prod)
    const [task, api, worker] = [documents.taskDefinitions[0], ...documents.services] as [Json, Json, Json]
    const container = (task.containerDefinitions as Json[])[0] as Json
    change({ container, task, api, worker, deployment: api.deploymentConfiguration as Json })
    expect(checkRelease(documents).map(finding => finding.rule)).toContain(rule)
  })
})
