import type {
  ListSecretVersionIdsRequest,
  ListSecretVersionIdsResponse,
  UpdateSecretVersionStageRequest,
  UpdateSecretVersionStageResponse,
} from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../core/aws-error.ts'
import { invalidParameter, type SecretRecord, type Secrets, type VersionRecord } from './model.ts'
import { label } from './versions.ts'

/** Most versions of a page (Secrets Manager API reference). */
const MOST = 100

/** The versions of a secret, oldest first; those without a stage only when asked for. */
export function listVersions(
  secret: SecretRecord,
  input: ListSecretVersionIdsRequest,
): ListSecretVersionIdsResponse {
  const size = Number(input.MaxResults ?? MOST)
  if (!(size >= 1 && size <= MOST)) throw invalidParameter(`MaxResults must be between 1 and ${MOST}.`)
  const shown = secret.versions.filter(version => input.IncludeDeprecated || version.stages.length > 0)
  const from = input.NextToken ? shown.findIndex(version => version.id === input.NextToken) : 0
  if (from < 0) throw new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.')
  return {
    ARN: secret.arn,
    Name: secret.name,
    Versions: shown.slice(from, from + size).map(({ id, stages, createdAt }) => ({
      VersionId: id,
      VersionStages: stages.length > 0 ? stages : undefined,
      CreatedDate: new Date(createdAt),
    })),
    NextToken: shown[from + size]?.id,
  }
}

/**
 * Moves a staging label by hand. The version that has it must be named, so that nobody takes it unawares.
 * @throws AwsError `InvalidParameterException`, `ResourceNotFoundException`
 */
export function moveStage(
  secrets: Secrets,
  input: UpdateSecretVersionStageRequest,
): UpdateSecretVersionStageResponse {
  const secret = secrets.findLive(input.SecretId)
  const stage = input.VersionStage
  if (!stage) throw invalidParameter('VersionStage must name a staging label.')
  const holder = secret.versions.find(version => version.stages.includes(stage))
  const from = input.RemoveFromVersionId
  if (from !== undefined) {
    find(secret, from)
    if (holder?.id !== from)
      throw invalidParameter(`The staging label ${stage} isn't currently attached to version ${from}.`)
  }
  if (input.MoveToVersionId !== undefined) {
    const target = find(secret, input.MoveToVersionId)
    if (holder && holder !== target && from === undefined)
      throw invalidParameter(
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      )
    label(secret, target, stage)
  } else if (holder && from !== undefined) {
    if (stage === 'AWSCURRENT')
      throw invalidParameter(`You can't remove AWSCURRENT from a secret: move it to another version.`)
    holder.stages = holder.stages.filter(one => one !== stage)
  }
  secrets.put(secret)
  return { ARN: secret.arn, Name: secret.name }
}

function find(secret: SecretRecord, id: string): VersionRecord {
  const found = secret.versions.find(version => version.id === id)
  if (found) return found
  throw new AwsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for VersionId: ${id}`,
  )
}
