import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** What may be known of a secret without its value. */
export interface SecretFacts {
  arn: string
  /** Whether it is to be deleted; then it cannot be read. */
  deleted: boolean
  /** Whether a value has ever been put. */
  hasValue: boolean
  /** The key that it is encrypted with; undefined for Secrets Manager's own, which needs no permission. */
  kmsKeyId?: string
}

/** Descriptions of secrets. There is no call here that could read a value. */
export interface Secrets {
  /** Undefined when it does not exist. */
  describe(arn: string): Promise<SecretFacts | undefined>
}

export function createSecrets(access: Access): Secrets {
  const client = new SecretsManagerClient(clientConfig(access))
  return {
    describe: async SecretId => {
      try {
        const secret = await client.send(new DescribeSecretCommand({ SecretId }))
        return {
          arn: secret.ARN ?? SecretId,
          deleted: secret.DeletedDate !== undefined,
          hasValue: Object.values(secret.VersionIdsToStages ?? {}).some(s => s.includes('AWSCURRENT')),
          kmsKeyId: secret.KmsKeyId === 'alias/aws/secretsmanager' ? undefined : secret.KmsKeyId,
        }
      } catch (error) {
        if ((error as Error).name === 'ResourceNotFoundException') return undefined
        throw error
      }
    },
  }
}
