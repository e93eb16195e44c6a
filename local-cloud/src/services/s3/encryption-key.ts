import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { Encryption, Version } from './records.ts'

type Place = Pick<Version, 'bucket' | 'key'>

/**
 * Draws the data key that would encrypt an object, as the caller: a key that is not there, is switched off or may not
 * be used by the caller refuses the write, as on AWS. Where there is no KMS, the key's name is only kept.
 * @throws AwsError `KMS.NotFoundException`, `KMS.DisabledException` and their like; AccessDenied
 */
export async function drawDataKey(
  { invoke }: ServiceContext,
  encryption: Encryption,
  place: Place,
  callerArn: string,
): Promise<Encryption> {
  const { keyId } = encryption
  if (!encryption.algorithm.startsWith('aws:kms') || keyId === undefined) return encryption
  const input = { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: contextOf(place) }
  try {
    const drawn = await invoke<{ KeyId: string; CiphertextBlob: Uint8Array }>(
      'kms',
      'GenerateDataKey',
      input,
      callerArn,
    )
    const dataKey = Buffer.from(drawn.CiphertextBlob).toString('base64')
    return { ...encryption, keyId: drawn.KeyId, dataKey }
  } catch (error) {
    if (error instanceof AwsError && error.status === 501) return encryption
    throw told(error)
  }
}

/** Opens an object's data key, as who reads it. @throws AwsError as `drawDataKey` */
export async function openDataKey(
  { invoke }: ServiceContext,
  version: Pick<Version, 'encryption' | 'bucket' | 'key'>,
  callerArn: string,
): Promise<void> {
  const { dataKey, keyId } = version.encryption
  if (dataKey === undefined) return
  const CiphertextBlob = Buffer.from(dataKey, 'base64')
  const input = { CiphertextBlob, KeyId: keyId, EncryptionContext: contextOf(version) }
  try {
    await invoke('kms', 'Decrypt', input, callerArn)
  } catch (error) {
    throw told(error)
  }
}

function contextOf({ bucket, key }: Place): Record<string, string> {
  return { 'aws:s3:arn': `arn:aws:s3:::${bucket}/${key}` }
}

function told(error: unknown): unknown {
  if (!(error instanceof AwsError)) return error
  if (/^AccessDenied/.test(error.code)) return new AwsError('AccessDenied', error.message, 403)
  return new AwsError(`KMS.${error.code}`, error.message, 400)
}
