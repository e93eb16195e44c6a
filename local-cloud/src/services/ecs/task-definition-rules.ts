import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs'
import { clientError } from './errors.ts'

/**
 * Memory in MiB that Fargate has for each size of CPU: least, most, step.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
 */
const FARGATE_MEMORY: Record<string, [number, number, number]> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
}

const FARGATE_LOG_DRIVERS = ['awslogs', 'splunk', 'awsfirelens']
/** Longest `stopTimeout` on Fargate, in seconds. */
const LONGEST_STOP = 120

/** `1 vCPU` and `2 GB` as ECS normalises them: `1024` and `2048`. */
export function inUnits(size: string | undefined): string | undefined {
  const [, number = '', unit = ''] = /^([\d.]+)\s*(vcpu|gb)?$/i.exec(size ?? '') ?? []
  return unit ? String(Number(number) * 1024) : size
}

/** @throws ClientException in AWS's words at the first rule that the definition breaks */
export function checkTaskDefinition(input: RegisterTaskDefinitionRequest): void {
  const containers = input.containerDefinitions ?? []
  const fargate = input.requiresCompatibilities?.includes('FARGATE')
  if (!/^[\w-]{1,255}$/.test(input.family ?? '')) throw clientError('Family contains invalid characters.')
  if (!containers.length) throw clientError('Container list cannot be empty.')
  if (input.taskRoleArn && !isRole(input.taskRoleArn)) throw clientError("Role is not valid: 'taskRoleArn'.")
  for (const [index, container] of containers.entries()) checkContainer(container, index, input)
  const names = containers.map(container => container.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) throw clientError(`Container names must be unique; '${twice}' is used twice.`)
  if (!containers.some(container => container.essential !== false))
    throw clientError('A task definition must have at least one essential container.')
  checkDependencies(containers)
  if (fargate) checkFargate(input, containers)
}

function checkFargate(input: RegisterTaskDefinitionRequest, containers: ContainerDefinition[]): void {
  if (input.networkMode !== 'awsvpc') throw clientError('Fargate only supports network mode ‘awsvpc’.')
  const { cpu, memory } = { cpu: inUnits(input.cpu), memory: inUnits(input.memory) }
  if (!cpu || !memory)
    throw clientError('Fargate requires that ‘cpu’ and ‘memory’ be defined at the task level.')
  const [least, most, step] = FARGATE_MEMORY[cpu] ?? [1, 0, 1]
  const size = Number(memory)
  if (!(size >= least && size <= most && (size % step === 0 || size === least)))
    throw clientError(
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`,
    )
  const total = containers.reduce((sum, c) => sum + (c.memory ?? c.memoryReservation ?? 0), 0)
  if (total > size)
    throw clientError(
      `Invalid setting for container. The sum of the container memory ${total} must not exceed the task memory ${size}.`,
    )
  const images = containers.some(container => /\.dkr\.ecr\./.test(container.image ?? ''))
  if (images && !input.executionRoleArn)
    throw clientError('Fargate requires task definition to have execution role ARN to support ECR images.')
  for (const { name, logConfiguration, stopTimeout = 0, privileged } of containers) {
    const driver = logConfiguration?.logDriver
    if (driver && !FARGATE_LOG_DRIVERS.includes(driver))
      throw clientError(`Log driver ${driver} is not supported by Fargate.`)
    if (driver === 'awslogs' && !input.executionRoleArn)
      throw clientError(
        'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
      )
    if (stopTimeout > LONGEST_STOP)
      throw clientError(
        `Invalid stopTimeout ${stopTimeout} of container ${name}: the most is ${LONGEST_STOP}.`,
      )
    if (privileged) throw clientError('Fargate does not support privileged containers.')
  }
}

function checkContainer(
  container: ContainerDefinition,
  index: number,
  input: RegisterTaskDefinitionRequest,
): void {
  const { name, image, portMappings = [], secrets = [], environment = [], healthCheck } = container
  if (!name || !/^[\w-]{1,255}$/.test(name))
    throw clientError(`Container.name '${name ?? ''}' is not valid at containerDefinitions[${index}].`)
  if (!image) throw clientError(`Container.image should not be null or empty.`)
  for (const { containerPort = 0, hostPort } of portMappings) {
    if (!(containerPort > 0 && containerPort < 65_536))
      throw clientError(`Container port ${containerPort} of ${name} must be between 1 and 65535.`)
    if (input.networkMode === 'awsvpc' && hostPort && hostPort !== containerPort)
      throw clientError(
        'When networkMode=awsvpc, the host ports and container ports in port mappings must match.',
      )
  }
  if (secrets.length && !input.executionRoleArn)
    throw clientError(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    )
  const both = secrets.find(secret => environment.some(variable => variable.name === secret.name))
  if (both)
    throw clientError(
      `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${both.name}'.`,
    )
  if (container.logConfiguration?.logDriver === 'awslogs') {
    const options = container.logConfiguration.options ?? {}
    const needed = ['awslogs-group', 'awslogs-region']
    if (input.requiresCompatibilities?.includes('FARGATE')) needed.push('awslogs-stream-prefix')
    const missing = needed.filter(option => !options[option])
    if (missing.length) throw clientError(`Log driver awslogs requires options: ${missing.join(', ')}`)
  }
  if (healthCheck) checkHealthCheck(healthCheck, name)
}

function checkHealthCheck(check: NonNullable<ContainerDefinition['healthCheck']>, name: string): void {
  const within = (what: string, value: number | undefined, least: number, most: number) => {
    if (value !== undefined && !(value >= least && value <= most))
      throw clientError(`Health check ${what} ${value} of ${name} must be between ${least} and ${most}.`)
  }
  const [kind] = check.command ?? []
  if (!kind || !['CMD', 'CMD-SHELL', 'NONE'].includes(kind))
    throw clientError(`The health check command of ${name} must start with CMD or CMD-SHELL.`)
  within('interval', check.interval, 5, 300)
  within('timeout', check.timeout, 2, 60)
  within('retries', check.retries, 1, 10)
  within('startPeriod', check.startPeriod, 0, 300)
}

function checkDependencies(containers: ContainerDefinition[]): void {
  const byName = new Map(containers.map(container => [container.name, container]))
  const visit = (container: ContainerDefinition, path: string[]): void => {
    const name = container.name as string
    if (path.includes(name))
      throw clientError(`Container dependencies have a cycle: ${[...path, name].join(' -> ')}.`)
    for (const { containerName = '', condition } of container.dependsOn ?? []) {
      const other = byName.get(containerName)
      if (!other) throw clientError(`Container ${name} depends on ${containerName}, which is not defined.`)
      if (condition === 'HEALTHY' && !other.healthCheck)
        throw clientError(
          `Container ${name} waits for ${containerName} to be HEALTHY, which has no health check.`,
        )
      visit(other, [...path, name])
    }
  }
  for (const container of containers) visit(container, [])
}

const isRole = (arn: string) => /^arn:aws:iam::\d{12}:role\/.+|^[\w+=,.@-]{1,64}$/.test(arn)
