import type { Environment } from '@clarity/environments'
import { at, type Finding, type Json, type JsonValue, listOf } from './rule.ts'

/** What a release hands to ECS: JSON as `RegisterTaskDefinition` and `CreateService` take it. */
export interface ReleaseDocuments {
  environment: Environment
  taskDefinitions: Json[]
  services: Json[]
}

/** A rule over what a release makes; the templates hold none of it. */
export interface ReleaseRule {
  name: string
  demands: string
  cites?: string[]
  check(documents: ReleaseDocuments, find: (where: string, says: string) => void): void
}

/** Longest that Fargate waits between SIGTERM and SIGKILL, in seconds. */
const FARGATE_STOP = 120
/** Environment variables whose names say that their values are no business of a task definition. */
const SECRET = /key|token|password|secret|credential/i

const containersOf = (definition: Json) => listOf(definition.containerDefinitions) as Json[]

/** What holds of tasks and services, in every environment. */
export const RELEASE_RULES: ReleaseRule[] = [
  {
    name: 'task-image-by-digest',
    demands: 'a task runs the image that was built and looked at, named by its digest',
    cites: ['164.312(c)(1)'],
    check: eachContainer((container, find) => {
      if (!/@sha256:[0-9a-f]{64}$/.test(String(container.image))) find(`its image is ${container.image}`)
    }),
  },
  {
    name: 'task-unprivileged',
    demands: 'a task runs as nobody, cannot change its own code, and has no privilege or capability to spare',
    cites: ['164.312(a)(1)', '164.312(c)(1)'],
    check: ({ taskDefinitions }, find) => {
      for (const definition of taskDefinitions) {
        const family = String(definition.family)
        if (definition.networkMode !== 'awsvpc') find(family, 'it shares a network')
        if (definition.pidMode || definition.ipcMode) find(family, 'it shares processes or memory')
        if (definition.taskRoleArn === definition.executionRoleArn)
          find(family, 'it runs with the execution role')
        for (const container of containersOf(definition)) {
          const where = `${family}/${container.name}`
          if (/^(root|0)?(:|$)/.test(String(container.user ?? ''))) find(where, 'it runs as root')
          if (container.readonlyRootFilesystem !== true) find(where, 'its code can be changed')
          if (container.privileged === true) find(where, 'it is privileged')
          if (listOf(at(container.linuxParameters, 'capabilities', 'add')).length > 0)
            find(where, 'it has capabilities added')
        }
      }
    },
  },
  {
    name: 'task-secrets-by-reference',
    demands: 'no secret is in a task definition: it names where the secret is',
    cites: ['164.312(a)(1)', '164.312(d)'],
    check: eachContainer((container, find) => {
      for (const { name } of listOf(container.environment) as Json[])
        if (SECRET.test(String(name))) find(`${name} is there for all to read`)
      for (const { name, valueFrom } of listOf(container.secrets) as Json[])
        if (!/^arn:aws:(secretsmanager|ssm):/.test(String(valueFrom))) find(`${name} comes from ${valueFrom}`)
    }),
  },
  {
    name: 'task-logged',
    demands: 'what a task writes goes to its log group',
    cites: ['164.312(b)'],
    check: eachContainer((container, find) => {
      const { logDriver, options } = (container.logConfiguration ?? {}) as Json
      if (logDriver !== 'awslogs' || !at(options, 'awslogs-group')) find('its lines are lost')
    }),
  },
  {
    name: 'task-stops-in-time',
    demands: `a task has time to finish before it is killed, and no more than Fargate gives: ${FARGATE_STOP} s`,
    check: ({ environment, taskDefinitions }, find) => {
      for (const definition of taskDefinitions)
        for (const { name, stopTimeout } of containersOf(definition)) {
          const needed = name === 'api' ? environment.loadBalancer.deregistrationSeconds : 10
          if (!(Number(stopTimeout) >= needed && Number(stopTimeout) <= FARGATE_STOP))
            find(
              `${definition.family}/${name}`,
              `it is killed after ${stopTimeout} s; ${needed} to ${FARGATE_STOP} are right`,
            )
        }
    },
  },
  {
    name: 'service-private',
    demands: 'tasks have no public address',
    cites: ['164.312(e)(1)'],
    check: eachService((service, find) => {
      if (at(service.networkConfiguration, 'awsvpcConfiguration', 'assignPublicIp') !== 'DISABLED')
        find('its tasks have public addresses')
    }),
  },
  {
    name: 'deployment-can-return',
    demands:
      'blue/green has a hook at which the suites speak and a bake time, and no circuit breaker, which ECS would ignore; rolling has one that rolls back',
    check: eachService((service, find) => {
      const deployment = service.deploymentConfiguration
      const breaker = at(deployment, 'deploymentCircuitBreaker')
      const rolling = (at(deployment, 'strategy') ?? 'ROLLING') === 'ROLLING'
      if (rolling && !(at(breaker, 'enable') === true && at(breaker, 'rollback') === true))
        find('it tries a broken release for ever')
      if (!rolling && at(breaker, 'enable') === true) find('it relies on a circuit breaker that ECS ignores')
      if (!rolling && listOf(at(deployment, 'lifecycleHooks')).length === 0)
        find('nothing tests it before it serves')
      if (!rolling && !(Number(at(deployment, 'bakeTimeInMinutes')) > 0))
        find('it cannot return at once: it has no bake time')
      if (at(deployment, 'minimumHealthyPercent') !== 100) find('it takes tasks away before others serve')
    }),
  },
  {
    name: 'spot-for-patient-work',
    demands:
      'the API and all of production run on Fargate; Spot is for the worker outside it, beside one that stays',
    check: ({ environment, services }, find) => {
      for (const service of services) {
        const strategy = listOf(service.capacityProviderStrategy) as Json[]
        const name = String(service.serviceName)
        if (service.launchType) find(name, 'a launch type overrules its capacity providers')
        const spot = strategy.some(({ capacityProvider }) => capacityProvider === 'FARGATE_SPOT')
        const api = listOf(service.loadBalancers).length > 0
        if (spot && (api || environment.name === 'prod'))
          find(name, 'AWS may take its tasks away at any time')
        if (
          !strategy.some(({ capacityProvider, base }) => capacityProvider === 'FARGATE' && Number(base) >= 1)
        )
          find(name, 'none of its tasks is sure to stay')
      }
    },
  },
]

/** Applies the rules to what a release makes. */
export function checkRelease(documents: ReleaseDocuments, rules: ReleaseRule[] = RELEASE_RULES): Finding[] {
  return rules.flatMap(rule => {
    const findings: Finding[] = []
    rule.check(documents, (where, says) => findings.push({ rule: rule.name, where, says }))
    return findings
  })
}

function eachContainer(look: (container: Json, find: (says: string) => void) => void): ReleaseRule['check'] {
  return ({ taskDefinitions }, find) => {
    for (const definition of taskDefinitions)
      for (const container of containersOf(definition))
        look(container, says => find(`${definition.family}/${container.name}`, says))
  }
}

function eachService(look: (service: Json, find: (says: string) => void) => void): ReleaseRule['check'] {
  return ({ services }, find) => {
    for (const service of services)
      look(service, says => find(String(service.serviceName as JsonValue), says))
  }
}
