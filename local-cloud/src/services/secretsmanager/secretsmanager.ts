import { randomInt } from 'node:crypto'
import type {
  CreateSecretRequest,
  CreateSecretResponse,
  DeleteSecretRequest,
  DeleteSecretResponse,
  DescribeSecretRequest,
  GetResourcePolicyResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  PutResourcePolicyRequest,
  PutSecretValueRequest,
  PutSecretValueResponse,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateSecretRequest,
  UpdateSecretResponse,
} from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../core/aws-error.ts'
import { openSeal } from '../../core/seal.ts'
import type { Service, ServiceContext } from '../../core/service.ts'
import { describeSecret, listSecrets } from './listing.ts'
import { createSecrets, invalidParameter, type SecretRecord } from './model.ts'
import { createVersions, hasValue } from './versions.ts'

/** Days for which a deleted secret can be restored, as on AWS. */
const RECOVERY_DAYS = { least: 7, usual: 30, most: 30 }
const DAY_MS = 86_400_000
const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Secrets with versions and staging labels, encrypted at rest. */
export function createSecretsManager(context: ServiceContext): Service {
  const { clock, region, accountId } = context
  const secrets = createSecrets(context)
  const versions = createVersions(openSeal(context.store.folder('secretsmanager')), clock)
  const named = ({ arn, name }: SecretRecord) => ({ ARN: arn, Name: name })

  function create(input: CreateSecretRequest): CreateSecretResponse {
    const name = input.Name ?? ''
    if (!/^[\w/+=.@!-]{1,512}$/.test(name))
      throw invalidParameter(
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      )
    const known = secrets.byName(name)
    if (known?.deletionAt !== undefined)
      throw new AwsError(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      )
    const repeated = known?.versions.some(version => version.id === input.ClientRequestToken)
    if (known && !repeated)
      throw new AwsError(
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      )
    const suffix = Array.from({ length: 6 }, () => SUFFIX[randomInt(SUFFIX.length)]).join('')
    const secret: SecretRecord = known ?? {
      arn: `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${suffix}`,
      name,
      description: input.Description,
      kmsKeyId: input.KmsKeyId,
      tags: input.Tags ?? [],
      createdAt: clock.now(),
      changedAt: clock.now(),
      versions: [],
    }
    const version = hasValue(input) ? versions.add(secret, input) : undefined
    secrets.put(secret)
    return { ...named(secret), VersionId: version?.id }
  }

  function getValue(input: GetSecretValueRequest): GetSecretValueResponse {
    const secret = secrets.findLive(input.SecretId)
    const value = versions.read(secret, input)
    // AWS tells the day of the last access, not the moment.
    const today = clock.now() - (clock.now() % DAY_MS)
    if (secret.accessedAt !== today) secrets.put({ ...secret, accessedAt: today })
    return value
  }

  function putValue(input: PutSecretValueRequest): PutSecretValueResponse {
    const secret = secrets.findLive(input.SecretId)
    const version = versions.add(secret, input, input.VersionStages)
    secrets.put(secret)
    return { ...named(secret), VersionId: version.id, VersionStages: version.stages }
  }

  function update(input: UpdateSecretRequest): UpdateSecretResponse {
    const secret = secrets.findLive(input.SecretId)
    const version = hasValue(input) ? versions.add(secret, input) : undefined
    secret.description = input.Description ?? secret.description
    secret.kmsKeyId = input.KmsKeyId ?? secret.kmsKeyId
    secret.changedAt = clock.now()
    secrets.put(secret)
    return { ...named(secret), VersionId: version?.id }
  }

  function remove(input: DeleteSecretRequest): DeleteSecretResponse {
    const { least, usual, most } = RECOVERY_DAYS
    if (input.ForceDeleteWithoutRecovery) {
      if (input.RecoveryWindowInDays !== undefined)
        throw invalidParameter(
          "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        )
      const secret = secrets.find(input.SecretId)
      secrets.delete(secret)
      return { ...named(secret), DeletionDate: new Date(clock.now()) }
    }
    const days = Number(input.RecoveryWindowInDays ?? usual)
    if (!(days >= least && days <= most))
      throw invalidParameter(
        `RecoveryWindowInDays value must be between ${least} and ${most} days (inclusive).`,
      )
    const secret = secrets.findLive(input.SecretId)
    const deletionAt = clock.now() + days * DAY_MS
    secrets.put({ ...secret, deletionAt })
    return { ...named(secret), DeletionDate: new Date(deletionAt) }
  }

  /** Changes a secret's settings and answers with its name. */
  function change(id: string | undefined, work: (secret: SecretRecord) => void, live = true): object {
    const secret = live ? secrets.findLive(id) : secrets.find(id)
    work(secret)
    secrets.put(secret)
    return named(secret)
  }

  function tag({ SecretId, Tags = [] }: TagResourceRequest): object {
    change(SecretId, secret => {
      const keys = new Set(Tags.map(one => one.Key))
      secret.tags = [...secret.tags.filter(one => !keys.has(one.Key)), ...Tags]
    })
    return {}
  }

  function untag({ SecretId, TagKeys = [] }: UntagResourceRequest): object {
    change(SecretId, secret => {
      secret.tags = secret.tags.filter(one => !TagKeys.includes(one.Key ?? ''))
    })
    return {}
  }

  function putPolicy({ SecretId, ResourcePolicy = '' }: PutResourcePolicyRequest): object {
    try {
      JSON.parse(ResourcePolicy)
    } catch {
      throw new AwsError('MalformedPolicyDocumentException', 'The resource policy is not JSON.')
    }
    return change(SecretId, secret => {
      secret.policy = ResourcePolicy
    })
  }

  function getPolicy({ SecretId }: DescribeSecretRequest): GetResourcePolicyResponse {
    const secret = secrets.findLive(SecretId)
    return { ...named(secret), ResourcePolicy: secret.policy }
  }

  const restore = ({ SecretId }: DescribeSecretRequest) =>
    change(
      SecretId,
      secret => {
        delete secret.deletionAt
      },
      false,
    )
  const deletePolicy = ({ SecretId }: DescribeSecretRequest) =>
    change(SecretId, secret => {
      delete secret.policy
    })

  return {
    name: 'secretsmanager',
    protocol: 'json',
    targetPrefix: 'secretsmanager',
    jsonVersion: '1.1',
    operations: {
      CreateSecret: create,
      DescribeSecret: (input: DescribeSecretRequest) => describeSecret(secrets.find(input.SecretId)),
      GetSecretValue: getValue,
      PutSecretValue: putValue,
      UpdateSecret: update,
      DeleteSecret: remove,
      RestoreSecret: restore,
      ListSecrets: input => listSecrets(secrets.list(), input),
      TagResource: tag,
      UntagResource: untag,
      GetResourcePolicy: getPolicy,
      PutResourcePolicy: putPolicy,
      DeleteResourcePolicy: deletePolicy,
    },
  }
}
