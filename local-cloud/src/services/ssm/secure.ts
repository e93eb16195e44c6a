import { AwsError } from '../../core/aws-error.ts'
import { closeEnvelope, openEnvelope } from '../../core/envelope.ts'
import type { Seal } from '../../core/seal.ts'
import type { Invoke } from '../../core/service.ts'
import type { ParameterRecord, ParameterVersion } from './model.ts'

/** The key of SecureStrings that name none: the installation's own, and no key of KMS here. */
export const OWN_KEY = 'alias/aws/ssm'

/** Encrypts SecureStrings: under a key of KMS where one is named, else under the installation's. */
export interface Secure {
  /** @throws AwsError `InvalidKeyId`, or KMS's `AccessDeniedException` */
  close(
    at: { name: string; arn: string; keyId: string; version: number },
    value: string,
    principal: string,
  ): Promise<Pick<ParameterVersion, 'value' | 'kms'>>
  /** @throws AwsError `InvalidKeyId`, or KMS's `AccessDeniedException` */
  open(record: ParameterRecord, version: ParameterVersion, principal: string): Promise<string>
}

export function createSecure(seal: Seal, invoke: Invoke): Secure {
  const use = (keyId: string, arn: string, principal: string) => ({
    keyId,
    principal,
    encryptionContext: { PARAMETER_ARN: arn },
  })
  return {
    close: async ({ name, arn, keyId, version }, value, principal) => {
      if (keyId === OWN_KEY) return { value: seal.close(value, `${name} ${version}`) }
      const { dataKey, text } = await closeEnvelope(
        invoke,
        use(keyId, arn, principal),
        Buffer.from(value),
      ).catch(refuse)
      return { value: text, kms: { keyId, dataKey } }
    },
    open: async (record, { value, version, kms }, principal) => {
      if (!kms) return seal.open(value, `${record.name} ${version}`).toString()
      const { keyId, dataKey } = kms
      const envelope = { dataKey, text: value }
      return (
        await openEnvelope(invoke, use(keyId, record.arn, principal), envelope).catch(refuse)
      ).toString()
    },
  }
}

/** Every refusal of KMS but a missing permission is an invalid key. */
function refuse(error: unknown): never {
  if (!(error instanceof AwsError) || error.status === 501 || error.code === 'AccessDeniedException')
    throw error
  throw new AwsError('InvalidKeyId', error.message)
}
