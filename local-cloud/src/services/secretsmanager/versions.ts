import { randomUUID } from 'node:crypto'
import type { GetSecretValueRequest, GetSecretValueResponse } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../core/aws-error.ts'
import { closeEnvelope, openEnvelope } from '../../core/envelope.ts'
import type { Seal } from '../../core/seal.ts'
import type { ServiceContext } from '../../core/service.ts'
import { invalidParameter, type SecretRecord, type VersionRecord } from './model.ts'

/** Largest value and most versions of a secret, as on AWS (Secrets Manager quotas). */
const MAX_BYTES = 65_536
const MAX_VERSIONS = 100

/** A value as it comes in: bytes arrive as base64 over the wire and as such from inside the cloud. */
export interface ValueInput {
  ClientRequestToken?: string
  SecretString?: string
  SecretBinary?: Uint8Array | string
}

/** A value made ready for a secret: nothing is changed yet. */
export interface Prepared {
  version: VersionRecord
  /** The same request was made before, with the same value. */
  repeated: boolean
}

/** Puts values into secrets and reads them back. */
export interface Versions {
  /**
   * Encrypts a value, before the secret is read for its change: KMS takes its time, and others may change it meanwhile.
   * @param principal ARN of the caller, whose permission a customer's key needs
   * @throws ResourceExistsException when the token was used for another value, KMS's refusals as EncryptionFailure
   */
  prepare(secret: SecretRecord, input: ValueInput, principal: string): Promise<Prepared>
  /** Adds a version and moves the labels to it; the one that loses AWSCURRENT becomes AWSPREVIOUS. */
  add(secret: SecretRecord, prepared: Prepared, stages?: string[]): VersionRecord
  /** @throws ResourceNotFoundException, KMS's refusals as DecryptionFailure */
  read(secret: SecretRecord, input: GetSecretValueRequest, principal: string): Promise<GetSecretValueResponse>
}

export function createVersions(
  seal: Seal,
  { clock, invoke }: Pick<ServiceContext, 'clock' | 'invoke'>,
): Versions {
  const about = (secret: SecretRecord, id: string) => `${secret.arn} ${id}`
  const use = (secret: SecretRecord, id: string, keyId: string, principal: string) => ({
    keyId,
    principal,
    encryptionContext: { SecretARN: secret.arn, SecretVersionId: id },
  })

  async function prepare(secret: SecretRecord, input: ValueInput, principal: string): Promise<Prepared> {
    const { kind, bytes } = readValue(input)
    const id = input.ClientRequestToken || randomUUID()
    const known = secret.versions.find(version => version.id === id)
    if (known) {
      if (known.kind === kind && (await open(secret, known, principal)).equals(bytes))
        return { version: known, repeated: true }
      throw tokenUsed(secret, id)
    }
    const made = { id, stages: [], createdAt: clock.now(), kind }
    if (secret.kmsKeyId === undefined)
      return { version: { ...made, sealed: seal.close(bytes, about(secret, id)) }, repeated: false }
    const keyId = secret.kmsKeyId
    const { dataKey, text } = await closeEnvelope(invoke, use(secret, id, keyId, principal), bytes).catch(
      refuse('EncryptionFailure'),
    )
    return { version: { ...made, sealed: text, kms: { keyId, dataKey } }, repeated: false }
  }

  function add(
    secret: SecretRecord,
    { version, repeated }: Prepared,
    stages = ['AWSCURRENT'],
  ): VersionRecord {
    if (repeated) return version
    if (secret.versions.some(one => one.id === version.id)) throw tokenUsed(secret, version.id)
    secret.versions.push(version)
    for (const stage of stages) label(secret, version, stage)
    secret.changedAt = clock.now()
    const surplus = secret.versions.length - MAX_VERSIONS
    const old = secret.versions.filter(one => one.stages.length === 0).slice(0, Math.max(0, surplus))
    secret.versions = secret.versions.filter(one => !old.includes(one))
    return version
  }

  async function open(secret: SecretRecord, version: VersionRecord, principal: string): Promise<Buffer> {
    if (!version.kms) return seal.open(version.sealed, about(secret, version.id))
    const { keyId, dataKey } = version.kms
    return openEnvelope(invoke, use(secret, version.id, keyId, principal), {
      dataKey,
      text: version.sealed,
    }).catch(refuse('DecryptionFailure'))
  }

  async function read(
    secret: SecretRecord,
    input: GetSecretValueRequest,
    principal: string,
  ): Promise<GetSecretValueResponse> {
    const { VersionId: id, VersionStage: stage = id ? undefined : 'AWSCURRENT' } = input
    const version = secret.versions.find(
      one => (!id || one.id === id) && (!stage || one.stages.includes(stage)),
    )
    if (!version)
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${id ? `VersionId: ${id}` : `staging label: ${stage}`}`,
      )
    const bytes = await open(secret, version, principal)
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      ...(version.kind === 'string'
        ? { SecretString: bytes.toString('utf8') }
        : { SecretBinary: new Uint8Array(bytes) }),
      VersionStages: version.stages,
      CreatedDate: new Date(version.createdAt),
    }
  }

  return { prepare, add, read }
}

function tokenUsed(secret: SecretRecord, id: string): AwsError {
  return new AwsError(
    'ResourceExistsException',
    `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
  )
}

/** Says KMS's refusal as Secrets Manager does; a missing permission stays what it is. */
function refuse(code: 'EncryptionFailure' | 'DecryptionFailure') {
  return (error: unknown): never => {
    if (!(error instanceof AwsError) || error.status === 501) throw error
    if (error.code === 'AccessDeniedException')
      throw new AwsError('AccessDeniedException', 'Access to KMS is not allowed')
    throw new AwsError(code, `Secrets Manager can't use the KMS key of the secret: ${error.message}`)
  }
}

/** A label is on one version at a time. */
export function label(secret: SecretRecord, version: VersionRecord, stage: string): void {
  const before = secret.versions.find(one => one.stages.includes(stage))
  for (const one of secret.versions) one.stages = one.stages.filter(other => other !== stage)
  version.stages.push(stage)
  if (stage === 'AWSCURRENT' && before) label(secret, before, 'AWSPREVIOUS')
}

/** Whether a request brings a value at all. */
export function hasValue(input: ValueInput): boolean {
  return input.SecretString !== undefined || input.SecretBinary !== undefined
}

function readValue({ SecretString, SecretBinary }: ValueInput): { kind: 'string' | 'binary'; bytes: Buffer } {
  if ((SecretString === undefined) === (SecretBinary === undefined))
    throw invalidParameter('You must provide either SecretString or SecretBinary.')
  const bytes =
    SecretString === undefined
      ? typeof SecretBinary === 'string'
        ? Buffer.from(SecretBinary, 'base64')
        : Buffer.from(SecretBinary as Uint8Array)
      : Buffer.from(SecretString, 'utf8')
  if (bytes.length === 0 || bytes.length > MAX_BYTES)
    throw invalidParameter(`The secret value must have between 1 and ${MAX_BYTES} bytes.`)
  return { kind: SecretString === undefined ? 'binary' : 'string', bytes }
}
