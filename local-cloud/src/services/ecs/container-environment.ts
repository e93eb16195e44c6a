import type { ContainerDefinition, ContainerOverride } from '@aws-sdk/client-ecs'
import type { ImageConfig } from './image-manifest.ts'

export interface EnvironmentParts {
  image: ImageConfig
  definition: ContainerDefinition
  override?: ContainerOverride
  secrets: Record<string, string>
  region: string
  /** Of the cloud. */
  endpoint: string
  marker: string
  /** Present when the task has a role. */
  credentials?: { uri: string; token: string }
  /** Host ports by container port. */
  ports: Map<number, number>
}

/**
 * The environment of a container's process: the image's, the definition's and the secrets, then what ECS gives.
 * As there is no network namespace, `HOST` is 127.0.0.1, and `PORT` is the host's port where the container
 * would have listened on a mapped port: where `PORT` names it, or is not set.
 */
export function environmentOf(parts: EnvironmentParts): Record<string, string> {
  const { image, definition, override, secrets, credentials, ports } = parts
  const pairs = (list: { name?: string; value?: string }[] = []) =>
    Object.fromEntries(list.map(({ name = '', value = '' }) => [name, value]))
  const environment: Record<string, string> = {
    ...Object.fromEntries((image.config?.Env ?? []).map(split)),
    ...pairs(definition.environment),
    ...pairs(override?.environment),
    ...secrets,
    AWS_REGION: parts.region,
    AWS_DEFAULT_REGION: parts.region,
    AWS_ENDPOINT_URL: parts.endpoint,
    AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    ECS_CONTAINER_METADATA_URI_V4: `${parts.endpoint}/_ecs/metadata/${parts.marker}`,
    HOST: '127.0.0.1',
  }
  if (credentials) {
    environment.AWS_CONTAINER_CREDENTIALS_FULL_URI = credentials.uri
    environment.AWS_CONTAINER_AUTHORIZATION_TOKEN = credentials.token
  }
  const [first] = ports.keys()
  const port = ports.get(environment.PORT === undefined ? (first ?? 0) : Number(environment.PORT))
  if (port !== undefined) environment.PORT = String(port)
  return environment
}

/**
 * A health check's command, with the container's port on the loopback written as the host's: the container has
 * no loopback of its own, and the port that it names would be another's.
 */
export function translatePorts(command: string[], ports: Map<number, number>): string[] {
  return command.map(word =>
    word.replace(/\b(localhost|127\.0\.0\.1|0\.0\.0\.0):(\d{1,5})\b/g, (all, _, port: string) => {
      const host = ports.get(Number(port))
      return host === undefined ? all : `127.0.0.1:${host}`
    }),
  )
}

/** What to run: the definition's entry point and command over the image's, as Docker combines them. */
export function commandOf(
  image: ImageConfig,
  definition: ContainerDefinition,
  override?: ContainerOverride,
): string[] {
  const entryPoint = definition.entryPoint?.length ? definition.entryPoint : image.config?.Entrypoint
  const imageCommand = definition.entryPoint?.length ? [] : (image.config?.Cmd ?? [])
  const command = override?.command ?? (definition.command?.length ? definition.command : imageCommand)
  return [...(entryPoint ?? []), ...command]
}

const split = (variable: string): [string, string] => {
  const at = variable.indexOf('=')
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)]
}
