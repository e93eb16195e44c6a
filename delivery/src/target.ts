import { ENVIRONMENTS, type Environment, type EnvironmentName } from '@clarity/environments'
import { EXIT } from './cli/exit-codes.ts'
import { ClarityError } from './errors.ts'
import { findCloud, stateFolder } from './local/connection.ts'

/** How many times faster than the wall a setting in minutes passes on the laptop: a minute is a second. */
const LOCAL_SPEED = 60

/** An environment as this machine sees it, and how to reach it. */
export interface Target {
  environment: Environment
  /** The checkout. */
  root: string
  /** The folder for everything that is kept on this machine. */
  state: string
  /** Speed of the local cloud's clock; 1 elsewhere. */
  speed: number
}

export interface Access {
  region: string
  endpoint?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/**
 * Finds an environment by name, with this machine's overrides: `CLARITY_AWS_PORT`, `CLARITY_HTTP_PORT`,
 * `CLARITY_TEST_PORT`, `CLARITY_SPEED` for the laptop, `CLARITY_AWS_ENDPOINT` for any.
 * @throws ClarityError `usage`
 */
export function chooseTarget(
  name: string,
  root: string,
  variables: Record<string, string | undefined>,
): Target {
  const environment = ENVIRONMENTS[name as EnvironmentName]
  if (!environment)
    throw new ClarityError(
      'usage',
      `there is no environment '${name}'`,
      `choose one of ${Object.keys(ENVIRONMENTS).join(', ')}`,
      { exitCode: EXIT.usage },
    )
  const state = stateFolder(root, variables)
  if (name !== 'local') {
    const endpoint = variables.CLARITY_AWS_ENDPOINT ?? environment.endpoint
    return { environment: { ...environment, endpoint }, root, state, speed: 1 }
  }
  const { production, test } = environment.loadBalancer
  const http = port(variables.CLARITY_HTTP_PORT, production.port)
  const preview = port(variables.CLARITY_TEST_PORT, test.port)
  const local: Environment = {
    ...environment,
    endpoint: variables.CLARITY_AWS_ENDPOINT ?? `http://127.0.0.1:${port(variables.CLARITY_AWS_PORT, 4566)}`,
    loadBalancer: {
      ...environment.loadBalancer,
      baseUrl: `http://127.0.0.1:${http}`,
      testBaseUrl: `http://127.0.0.1:${preview}`,
      production: { ...production, port: http },
      test: { ...test, port: preview },
    },
  }
  return { environment: local, root, state, speed: Number(variables.CLARITY_SPEED ?? LOCAL_SPEED) }
}

/**
 * How to reach the environment's AWS: the running local cloud with its own key, or the SDK's usual sources.
 * @throws ClarityError `not_running` when the laptop's cloud is asked for and does not run
 */
export async function access({ environment, state }: Target): Promise<Access> {
  const { region, endpoint } = environment
  if (environment.name !== 'local') return { region, endpoint }
  const cloud = await findCloud(state)
  if (!cloud)
    throw new ClarityError('not_running', "the laptop's AWS does not run", "start it with 'make up'")
  const { accessKeyId, secretAccessKey } = cloud
  return { region, endpoint: cloud.endpoint, credentials: { accessKeyId, secretAccessKey } }
}

function port(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value
  throw new ClarityError('usage', `'${text}' is not a port`, 'give a number from 1 to 65535', {
    exitCode: EXIT.usage,
  })
}
