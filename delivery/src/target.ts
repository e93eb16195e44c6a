import { ENVIRONMENTS, type Environment, type EnvironmentName } from '@clarity/environments'
import { EXIT } from './cli/exit-codes.ts'
import { ClarityError } from './errors.ts'
import { findCloud, stateFolder } from './local/connection.ts'

/** How many times faster than the wall a setting in minutes passes on the laptop: a minute is a second. */
const LOCAL_SPEED = 60

const STRATEGIES: Environment['deployment']['strategy'][] = ['ROLLING', 'BLUE_GREEN', 'CANARY', 'LINEAR']

/** An environment as this machine sees it, and how to reach it. */
export interface Target {
  environment: Environment
  /** The checkout. */
  root: string
  /** The folder for everything that is kept on this machine. */
  state: string
  /** Speed of the local cloud's clock; 1 elsewhere. */
  speed: number
  /** Set where the running local cloud stands in for AWS: for the laptop always, for others in a rehearsal. */
  onLocalCloud?: boolean
  /** The profile of the shared AWS configuration that has the environment's account; absent: the SDK's default. */
  profile?: string
  /** Another environment as the same machine, with the same overrides, sees it. */
  neighbour?(name: EnvironmentName): Target
}

export interface Access {
  region: string
  endpoint?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
  profile?: string
}

/**
 * Finds an environment by name, with this machine's overrides: `CLARITY_AWS_PORT`, `CLARITY_HTTP_PORT`,
 * `CLARITY_TEST_PORT`, `CLARITY_SPEED` for the laptop, `CLARITY_AWS_ENDPOINT` for any, `CLARITY_PROFILE_<ENV>` for
 * the account of one. `CLARITY_REHEARSE=<base port>` puts every other environment onto the running local cloud, side
 * by side: over HTTP, at the base port plus 1 for dev, 2 for staging, 3 for prod, and the test listener ten above.
 * `CLARITY_STRATEGY` (ROLLING, BLUE_GREEN, CANARY, LINEAR) and `CLARITY_APPROVAL=true` stand for the laptop's own
 * data, so that how another environment releases can be rehearsed there.
 * @throws ClarityError `usage`
 */
export function chooseTarget(
  name: string,
  root: string,
  variables: Record<string, string | undefined>,
): Target {
  return { ...targetOf(name, root, variables), neighbour: other => chooseTarget(other, root, variables) }
}

function targetOf(name: string, root: string, variables: Record<string, string | undefined>): Target {
  const environment = ENVIRONMENTS[name as EnvironmentName]
  if (!environment)
    throw new ClarityError(
      'usage',
      `there is no environment '${name}'`,
      `choose one of ${Object.keys(ENVIRONMENTS).join(', ')}`,
      { exitCode: EXIT.usage },
    )
  const state = stateFolder(root, variables)
  const { production, test } = environment.loadBalancer
  const speed = Number(variables.CLARITY_SPEED ?? LOCAL_SPEED)
  const endpoint =
    variables.CLARITY_AWS_ENDPOINT ?? `http://127.0.0.1:${port(variables.CLARITY_AWS_PORT, 4566)}`
  if (name === 'local') {
    const http = port(variables.CLARITY_HTTP_PORT, production.port)
    const preview = port(variables.CLARITY_TEST_PORT, test.port)
    const deployment = rehearsedDeployment(environment.deployment, variables)
    return {
      environment: onLoopback({ ...environment, deployment }, endpoint, http, preview),
      root,
      state,
      speed,
      onLocalCloud: true,
    }
  }
  if (variables.CLARITY_REHEARSE) {
    const http = port(variables.CLARITY_REHEARSE, 0) + Object.keys(ENVIRONMENTS).indexOf(name)
    const rehearsed = onLoopback(environment, endpoint, http, http + 10)
    // nothing of a rehearsal leaves this machine
    rehearsed.backend = { ...environment.backend, skipExternalServices: true }
    return { environment: rehearsed, root, state, speed, onLocalCloud: true }
  }
  return {
    environment: { ...environment, endpoint: variables.CLARITY_AWS_ENDPOINT ?? environment.endpoint },
    root,
    state,
    speed: 1,
    profile: variables[`CLARITY_PROFILE_${name.toUpperCase()}`],
  }
}

/** The environment with its listeners on 127.0.0.1, over HTTP. */
function onLoopback(environment: Environment, endpoint: string, http: number, preview: number): Environment {
  return {
    ...environment,
    endpoint,
    loadBalancer: {
      ...environment.loadBalancer,
      baseUrl: `http://127.0.0.1:${http}`,
      testBaseUrl: `http://127.0.0.1:${preview}`,
      production: { port: http, protocol: 'HTTP' },
      test: { port: preview, protocol: 'HTTP' },
    },
  }
}

/**
 * How to reach the environment's AWS: the running local cloud with its own key, or the SDK's usual sources.
 * @throws ClarityError `not_running` when the local cloud is asked for and does not run
 */
export async function access({ environment, state, onLocalCloud, profile }: Target): Promise<Access> {
  const { region, endpoint } = environment
  if (!onLocalCloud) return { region, endpoint, profile }
  const cloud = await findCloud(state)
  if (!cloud)
    throw new ClarityError('not_running', "the laptop's AWS does not run", "start it with 'make up'")
  const { accessKeyId, secretAccessKey } = cloud
  return { region, endpoint: cloud.endpoint, credentials: { accessKeyId, secretAccessKey } }
}

function rehearsedDeployment(
  deployment: Environment['deployment'],
  { CLARITY_STRATEGY, CLARITY_APPROVAL }: Record<string, string | undefined>,
): Environment['deployment'] {
  const strategy = STRATEGIES.find(name => name === (CLARITY_STRATEGY ?? deployment.strategy))
  if (!strategy)
    throw new ClarityError(
      'usage',
      `'${CLARITY_STRATEGY}' is no strategy`,
      `choose one of ${STRATEGIES.join(', ')}`,
      { exitCode: EXIT.usage },
    )
  const approval = CLARITY_APPROVAL === undefined ? deployment.approval : CLARITY_APPROVAL === 'true'
  return { ...deployment, strategy, approval }
}

function port(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value
  throw new ClarityError('usage', `'${text}' is not a port`, 'give a number from 1 to 65535', {
    exitCode: EXIT.usage,
  })
}
