import { AwsError } from '../../../core/aws-error.ts'
import type { Invoke } from '../../../core/service.ts'
import { validationError } from '../errors.ts'
import type { DynamicSources } from '../template/dynamic-references.ts'

/** Reads dynamic references from the SSM and Secrets Manager of this cloud. */
export function dynamicSources(invoke: Invoke, principal: string): DynamicSources {
  return {
    parameter: async (name, secure) => {
      const input = { Name: name, WithDecryption: secure }
      const { Parameter } = await invoke<{ Parameter: { Value: string } }>(
        'ssm',
        'GetParameter',
        input,
        principal,
      )
      return Parameter.Value
    },
    secret: async (SecretId, VersionStage, VersionId) => {
      const input = { SecretId, VersionStage, VersionId }
      const { SecretString } = await invoke<{ SecretString?: string }>(
        'secretsmanager',
        'GetSecretValue',
        input,
        principal,
      )
      if (SecretString === undefined) throw validationError(`secret ${SecretId} has no SecretString`)
      return SecretString
    },
  }
}

/** The value of an SSM parameter for `AWS::SSM::Parameter::Value<…>`; undefined when there is none. */
export async function lookUpParameter(invoke: Invoke, name: string): Promise<string | undefined> {
  try {
    return await dynamicSources(invoke, 'cloudformation.amazonaws.com').parameter(name, false)
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ParameterNotFound') return undefined
    throw error
  }
}
