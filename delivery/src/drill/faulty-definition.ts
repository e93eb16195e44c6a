import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from '@aws-sdk/client-ecs'
import { RELEASE_VARIABLE } from '../release/task-definitions.ts'
import { faultyCommand } from './fault.ts'

/**
 * The task definition that serves, with the faulty command and a release name of its own: same image, roles,
 * secrets, sizes and settings.
 */
export function faultyDefinition(
  live: TaskDefinition,
  release: string,
  token: string,
): RegisterTaskDefinitionCommandInput {
  const [container, ...others] = live.containerDefinitions ?? []
  return {
    family: live.family,
    taskRoleArn: live.taskRoleArn,
    executionRoleArn: live.executionRoleArn,
    networkMode: live.networkMode,
    requiresCompatibilities: live.requiresCompatibilities,
    runtimePlatform: live.runtimePlatform,
    cpu: live.cpu,
    memory: live.memory,
    volumes: live.volumes,
    tags: [{ key: 'purpose', value: 'drill' }],
    containerDefinitions: [
      {
        ...container,
        command: faultyCommand(token),
        environment: [
          ...(container?.environment ?? []).filter(({ name }) => name !== RELEASE_VARIABLE),
          { name: RELEASE_VARIABLE, value: release },
        ],
      },
      ...others,
    ],
  }
}
