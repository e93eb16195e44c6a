import type { Secret } from '@aws-sdk/client-ecs'
import type { GetSecretValueResponse } from '@aws-sdk/client-secrets-manager'
import type { GetParametersResult } from '@aws-sdk/client-ssm'
import type { Invoke } from '../../core/service.ts'
import { quote, TaskFailure } from './errors.ts'

/**
 * The values of a container's `secrets`, read as the execution role: a Secrets Manager ARN with an optional
 * `:json-key:version-stage:version-id`, or an SSM parameter by ARN or name. Values are never logged or stored.
 * @throws TaskFailure `ResourceInitializationError: …` in the agent's words
 */
export async function resolveSecrets(
  secrets: Secret[],
  executionRole: string,
  invoke: Invoke,
): Promise<Record<string, string>> {
  const values = await Promise.all(
    secrets.map(async ({ name = '', valueFrom = '' }) => {
      const fromManager = valueFrom.startsWith('arn:aws:secretsmanager:')
      const value = await (fromManager ? fromSecretsManager : fromParameter)(valueFrom, executionRole, invoke)
      return [name, value] as const
    }),
  )
  return Object.fromEntries(values)
}

async function fromSecretsManager(valueFrom: string, role: string, invoke: Invoke): Promise<string> {
  const parts = valueFrom.split(':')
  if (parts.length !== 7 && parts.length !== 10)
    throw failure(
      `unable to retrieve secret from asm: trying to retrieve secret with value ${valueFrom} resulted in error: an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.`,
    )
  const [jsonKey = '', stage, version] = parts.slice(7)
  const arn = parts.slice(0, 7).join(':')
  const input = {
    SecretId: arn,
    ...(stage && { VersionStage: stage }),
    ...(version && { VersionId: version }),
  }
  const answer = await invoke<GetSecretValueResponse>('secretsmanager', 'GetSecretValue', input, role).catch(
    error => {
      throw asm(`failed to fetch secret ${arn} from secrets manager: ${quote(error)}`)
    },
  )
  const whole = answer.SecretString ?? Buffer.from(answer.SecretBinary ?? []).toString('base64')
  if (!jsonKey) return whole
  const value = member(whole, jsonKey, arn)
  if (value === undefined)
    throw asm(`retrieved secret from Secrets Manager did not contain json key ${jsonKey}`)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function member(json: string, key: string, arn: string): unknown {
  try {
    const parsed: unknown = JSON.parse(json)
    return parsed && typeof parsed === 'object' ? (parsed as Record<string, unknown>)[key] : undefined
  } catch {
    // The parser's own message quotes the value.
    throw asm(`failed to parse json in secret ${arn}: it is not JSON`)
  }
}

async function fromParameter(valueFrom: string, role: string, invoke: Invoke): Promise<string> {
  const name = valueFrom.startsWith('arn:aws:ssm:')
    ? (valueFrom.split(':parameter')[1] ?? '').replace(/^\/(?=[^/]*$)/, '')
    : valueFrom
  const input = { Names: [name], WithDecryption: true }
  const answer = await invoke<GetParametersResult>('ssm', 'GetParameters', input, role).catch(error => {
    throw ssm(quote(error))
  })
  const value = answer.Parameters?.[0]?.Value
  if (value === undefined) throw ssm(`invalid parameters: ${name}`)
  return value
}

const failure = (text: string) =>
  new TaskFailure(
    `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ${text}`,
  )
const asm = (text: string) =>
  failure(`unable to retrieve secret from asm: service call has been retried 1 time(s): ${text}`)
const ssm = (text: string) =>
  failure(`unable to retrieve secrets from ssm: service call has been retried 1 time(s): ${text}`)
