import { createHash } from 'node:crypto'
import type {
  ContainerDefinition,
  KeyValuePair,
  RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs'
import { CONTAINER_PORT, CONTAINERS, type Environment, namesOf } from '@clarity/environments'
import type { HandedOnValues } from '../aws/parameters.ts'

export interface ReleaseInput {
  environment: Environment
  handedOn: HandedOnValues
  /** `sha256:…` of the image manifest. */
  digest: string
  /** The image's tag: the commit that it was built from. */
  tag: string
  architecture: 'X86_64' | 'ARM64'
}

export interface Release {
  /** `<commit>-<hash>`: the same code with the same settings always has the same name. */
  name: string
  digest: string
  api: RegisterTaskDefinitionCommandInput
  worker: RegisterTaskDefinitionCommandInput
}

/** The environment variable by which a task definition carries its release's name. */
export const RELEASE_VARIABLE = 'RELEASE'

/** Renders both task definitions of a release from typed data; the same input gives the same release. */
export function renderRelease(input: ReleaseInput): Release {
  const unnamed = [apiTask(input, ''), workerTask(input, '')]
  const hash = createHash('sha256').update(JSON.stringify(unnamed)).digest('hex').slice(0, 8)
  const name = `${input.tag}-${hash}`
  return { name, digest: input.digest, api: apiTask(input, name), worker: workerTask(input, name) }
}

/** The release that a task definition belongs to; undefined when it was not made here. */
export function releaseOf(
  definition: { containerDefinitions?: ContainerDefinition[] } | undefined,
): string | undefined {
  return definition?.containerDefinitions?.[0]?.environment?.find(({ name }) => name === RELEASE_VARIABLE)
    ?.value
}

function apiTask(input: ReleaseInput, release: string): RegisterTaskDefinitionCommandInput {
  const names = namesOf(input.environment)
  return {
    family: names.apiFamily,
    taskRoleArn: input.handedOn['task-role-arn'],
    ...taskSettings(input, input.environment.api),
    containerDefinitions: [
      {
        name: CONTAINERS.api,
        command: ['node', 'api.js'],
        portMappings: [{ name: 'http', containerPort: CONTAINER_PORT, protocol: 'tcp', appProtocol: 'http' }],
        ...containerSettings(input, release, names.apiLogGroup, input.environment.api.stopTimeoutSeconds),
      },
    ],
  }
}

function workerTask(input: ReleaseInput, release: string): RegisterTaskDefinitionCommandInput {
  const names = namesOf(input.environment)
  return {
    family: names.workerFamily,
    taskRoleArn: input.handedOn['worker-task-role-arn'],
    ...taskSettings(input, input.environment.worker),
    containerDefinitions: [
      {
        name: CONTAINERS.worker,
        command: ['node', 'worker.js'],
        ...containerSettings(
          input,
          release,
          names.workerLogGroup,
          input.environment.worker.stopTimeoutSeconds,
        ),
      },
    ],
  }
}

function taskSettings(
  { handedOn, architecture, environment }: ReleaseInput,
  size: { cpu: number; memory: number },
) {
  return {
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    runtimePlatform: { cpuArchitecture: architecture, operatingSystemFamily: 'LINUX' },
    cpu: String(size.cpu),
    memory: String(size.memory),
    executionRoleArn: handedOn['execution-role-arn'],
    // the root file system is read-only; imports are spooled here
    volumes: [{ name: 'scratch' }],
    tags: [
      { key: 'app', value: 'clarity-loop' },
      { key: 'env', value: environment.name },
    ],
  } satisfies Partial<RegisterTaskDefinitionCommandInput>
}

function containerSettings(input: ReleaseInput, release: string, logGroup: string, stopTimeout: number) {
  const { environment, handedOn, digest } = input
  return {
    image: `${handedOn['repository-uri']}@${digest}`,
    essential: true,
    user: '1000:1000',
    readonlyRootFilesystem: true,
    environment: variables(input, release, stopTimeout),
    stopTimeout,
    secrets: [{ name: 'GEMINI_API_KEY', valueFrom: handedOn['gemini-secret-arn'] }],
    mountPoints: [{ sourceVolume: 'scratch', containerPath: '/tmp', readOnly: false }],
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': logGroup,
        'awslogs-region': environment.region,
        'awslogs-stream-prefix': 'ecs',
      },
    },
  } satisfies Partial<ContainerDefinition>
}

function variables(
  { environment, handedOn }: ReleaseInput,
  release: string,
  stopTimeout: number,
): KeyValuePair[] {
  const names = namesOf(environment)
  const values: Record<string, string> = {
    ENVIRONMENT: environment.name,
    [RELEASE_VARIABLE]: release,
    PORT: String(CONTAINER_PORT),
    AWS_REGION: environment.region,
    SKIP_EXTERNAL_SERVICES: String(environment.backend.skipExternalServices),
    GEMINI_MODEL: environment.backend.geminiModel,
    ...standIn(environment),
    GEMINI_BAA: String(environment.backend.geminiAgreement),
    ...vertexAi(environment),
    SEALING_KMS_ARN: handedOn['data-key-arn'],
    STOP_TIMEOUT_SECONDS: String(stopTimeout),
    LOG_LEVEL: environment.backend.logLevel,
    TABLE_NAME: names.table,
    RAW_BUCKET: names.rawBucket,
    QUEUE_URL: handedOn['queue-url'],
    USER_POOL_ID: handedOn['user-pool-id'],
    USER_POOL_CLIENT_ID: handedOn['user-pool-client-id'],
    // AWS's issuer follows from the pool; another endpoint has another
    ...(environment.endpoint
      ? { COGNITO_ISSUER: `${environment.endpoint}/${handedOn['user-pool-id']}` }
      : {}),
  }
  return Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }))
}

function vertexAi({ backend: { vertex } }: Environment): Record<string, string> {
  if (!vertex) return {}
  return {
    GEMINI_VERTEX_PROJECT: vertex.project,
    GEMINI_VERTEX_LOCATION: vertex.location,
    GEMINI_VERTEX_AUDIENCE: vertex.audience,
    GEMINI_VERTEX_SERVICE_ACCOUNT: vertex.serviceAccount,
  }
}

/** Where the local cloud's stand-in for Gemini is: nowhere but on this machine. */
function standIn({ backend, endpoint }: Environment): Record<string, string> {
  if (!backend.geminiStandIn || !endpoint || new URL(endpoint).hostname !== '127.0.0.1') return {}
  return { GEMINI_BASE_URL: `${endpoint}/_gemini` }
}
