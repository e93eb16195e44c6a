import { GetParameterCommand, GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm'
import { type Environment, HANDED_ON, type HandedOn } from '@clarity/environments'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** What the stacks of an environment handed on to releases. */
export type HandedOnValues = Record<HandedOn, string>

/**
 * Reads the SSM parameters that the stacks left.
 * @throws ClarityError `infra_missing` naming every value that is not there
 */
export async function readHandedOn(access: Access, environment: Environment): Promise<HandedOnValues> {
  const client = new SSMClient(clientConfig(access))
  const Path = `/clarity/${environment.name}/`
  const found: Record<string, string> = {}
  let NextToken: string | undefined
  do {
    const page = await client.send(new GetParametersByPathCommand({ Path, Recursive: true, NextToken }))
    for (const { Name = '', Value = '' } of page.Parameters ?? []) found[Name.slice(Path.length)] = Value
    NextToken = page.NextToken
  } while (NextToken)
  const missing = HANDED_ON.filter(key => !found[key])
  if (missing.length > 0)
    throw new ClarityError(
      'infra_missing',
      `the stacks of ${environment.name} have not left ${missing.length === HANDED_ON.length ? 'anything' : missing.join(', ')}`,
      `deploy them first: clarity infra deploy ${environment.name}`,
      { exitCode: EXIT.preflightFailed },
    )
  return found as HandedOnValues
}

/** One of the values that the stacks left; undefined before they have. */
export async function handedOnValue(
  access: Access,
  environment: Environment,
  key: HandedOn,
): Promise<string | undefined> {
  const client = new SSMClient(clientConfig(access))
  try {
    const { Parameter } = await client.send(
      new GetParameterCommand({ Name: `/clarity/${environment.name}/${key}` }),
    )
    return Parameter?.Value
  } catch (error) {
    if ((error as Error).name === 'ParameterNotFound') return undefined
    throw error
  }
}
