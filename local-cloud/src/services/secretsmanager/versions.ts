import { randomUUID } from 'node:crypto'
import type { GetSecretValueRequest, GetSecretValueResponse } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../core/aws-error.ts'
import type { Clock } from '../../core/clock.ts'
import type { Seal } from '../../core/seal.ts'
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

/** Puts values into secrets and reads them back. */
export interface Versions {
  /**
   * Adds a version and moves the labels to it; the one that loses AWSCURRENT becomes AWSPREVIOUS.
   * Repeating a request with its token and value changes nothing.
   * @throws ResourceExistsException when the token was used for another value
   */
  add(secret: SecretRecord, input: ValueInput, stages?: string[]): VersionRecord
  read(secret: SecretRecord, input: GetSecretValueRequest): GetSecretValueResponse
}

export function createVersions(seal: Seal, clock: Clock): Versions {
  const about = (secret: SecretRecord, id: string) => `${secret.arn} ${id}`

  function add(secret: SecretRecord, input: ValueInput, stages = ['AWSCURRENT']): VersionRecord {
    const { kind, bytes } = readValue(input)
    const id = input.ClientRequestToken || randomUUID()
    const known = secret.versions.find(version => version.id === id)
    if (known) {
      if (known.kind === kind && seal.open(known.sealed, about(secret, id)).equals(bytes)) return known
      throw new AwsError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
      )
    }
    const version: VersionRecord = {
      id,
      stages: [],
      createdAt: clock.now(),
      kind,
      sealed: seal.close(bytes, about(secret, id)),
    }
    secret.versions.push(version)
    for (const stage of stages) label(secret, version, stage)
    secret.changedAt = clock.now()
    const surplus = secret.versions.length - MAX_VERSIONS
    const old = secret.versions.filter(one => one.stages.length === 0).slice(0, Math.max(0, surplus))
    secret.versions = secret.versions.filter(one => !old.includes(one))
    return version
  }

  function read(secret: SecretRecord, input: GetSecretValueRequest): GetSecretValueResponse {
    const { VersionId: id, VersionStage: stage = id ? undefined : 'AWSCURRENT' } = input
    const version = secret.versions.find(
      one => (!id || one.id === id) && (!stage || one.stages.includes(stage)),
    )
    if (!version)
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${id ? `VersionId: ${id}` : `staging label: ${stage}`}`,
      )
    const bytes = seal.open(version.sealed, about(secret, version.id))
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

  return { add, read }
}

/** A label is on one version at a time. */
function label(secret: SecretRecord, version: VersionRecord, stage: string): void {
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
