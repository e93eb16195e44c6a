import { randomInt } from 'node:crypto'
import type {
  BatchGetSecretValueRequest,
  BatchGetSecretValueResponse,
  CreateSecretRequest,
  CreateSecretResponse,
  DeleteSecretRequest,
  DeleteSecretResponse,
  DescribeSecretRequest,
  GetResourcePolicyResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretVersionIdsRequest,
  PutResourcePolicyRequest,
  PutSecretValueRequest,
  PutSecretValueResponse,
  SecretValueEntry,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateSecretRequest,
  UpdateSecretResponse,
  UpdateSecretVersionStageRequest,
} from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../core/aws-error.ts'
import { openSeal } from '../../core/seal.ts'
import type { RequestContext, Service, ServiceContext } from '../../core/service.ts'
import { describeSecret, listSecrets } from './listing.ts'
import { createSecrets, invalidParameter, type SecretRecord } from './model.ts'
import { randomPassword } from './random-password.ts'
import { listVersions, moveStage } from './stages.ts'
import { createVersions, hasValue } from './versions.ts'

/** Days for which a deleted secret can be restored, as on AWS. */
const RECOVERY_DAYS = { least: 7, usual: 30, most: 30 }
const DAY_MS = 86_400_000
/** Most secrets of one BatchGetSecretValue. */
const MOST_IN_BATCH = 20
const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Secrets with versions and staging labels, encrypted at rest. */
export function createSecretsManager(context: ServiceContext): Service {
  const { clock, region, accountId } = context
  const secrets = createSecrets(context)
  const versions = createVersions(openSeal(context.store.folder('secretsmanager')), context)
  const named = ({ arn, name }: SecretRecord) => ({ ARN: arn, Name: name })

  async function create(
    input: CreateSecretRequest,
    { caller }: RequestContext,
  ): Promise<CreateSecretResponse> {
    const name = input.Name ?? ''
    if (!/^[\w/+=.@!-]{1,512}$/.test(name))
      throw invalidParameter(
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      )
    const secret = existing(name, input) ?? {
      arn: `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${suffix()}`,
      name,
      description: input.Description,
      kmsKeyId: customerKey(input.KmsKeyId),
      tags: input.Tags ?? [],
      createdAt: clock.now(),
      changedAt: clock.now(),
      versions: [],
    }
    const prepared = hasValue(input) ? await versions.prepare(secret, input, caller.arn) : undefined
    // another may have made it while KMS was asked
    const now = existing(name, input) ?? secret
    if (now.arn !== secret.arn) return create(input, { caller } as RequestContext)
    const version = prepared && versions.add(now, prepared)
    secrets.put(now)
    return { ...named(now), VersionId: version?.id }
  }

  /** The secret that an earlier request of the same token made. @throws AwsError where it is another's, or going */
  function existing(name: string, input: CreateSecretRequest): SecretRecord | undefined {
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
    return known
  }

  async function getValue(
    input: GetSecretValueRequest,
    { caller }: Pick<RequestContext, 'caller'>,
  ): Promise<GetSecretValueResponse> {
    const value = await versions.read(secrets.findLive(input.SecretId), input, caller.arn)
    // AWS tells the day of the last access, not the moment.
    const today = clock.now() - (clock.now() % DAY_MS)
    const secret = secrets.findLive(input.SecretId)
    if (secret.accessedAt !== today) secrets.put({ ...secret, accessedAt: today })
    return value
  }

  async function batchGetValue(
    input: BatchGetSecretValueRequest,
    context: RequestContext,
  ): Promise<BatchGetSecretValueResponse> {
    if ((input.SecretIdList === undefined) === (input.Filters === undefined))
      throw invalidParameter('Either SecretIdList or Filters must be provided, but not both.')
    const { SecretList = [], NextToken } = input.Filters
      ? listSecrets(secrets.list(), { ...input, MaxResults: input.MaxResults ?? MOST_IN_BATCH })
      : {}
    const ids = input.SecretIdList ?? SecretList.map(secret => secret.ARN as string)
    if (ids.length > MOST_IN_BATCH)
      throw invalidParameter(`SecretIdList has at most ${MOST_IN_BATCH} secrets.`)
    const SecretValues: SecretValueEntry[] = []
    const Errors: BatchGetSecretValueResponse['Errors'] = []
    for (const SecretId of ids)
      try {
        SecretValues.push(await getValue({ SecretId }, context))
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        Errors.push({ SecretId, ErrorCode: error.code, Message: error.message })
      }
    return { SecretValues, Errors, NextToken }
  }

  async function putValue(
    input: PutSecretValueRequest,
    { caller }: RequestContext,
  ): Promise<PutSecretValueResponse> {
    const prepared = await versions.prepare(secrets.findLive(input.SecretId), input, caller.arn)
    const secret = secrets.findLive(input.SecretId)
    const version = versions.add(secret, prepared, input.VersionStages)
    secrets.put(secret)
    return { ...named(secret), VersionId: version.id, VersionStages: version.stages }
  }

  async function update(
    input: UpdateSecretRequest,
    { caller }: RequestContext,
  ): Promise<UpdateSecretResponse> {
    const before = secrets.findLive(input.SecretId)
    const kmsKeyId = input.KmsKeyId === undefined ? before.kmsKeyId : customerKey(input.KmsKeyId)
    const prepared = hasValue(input)
      ? await versions.prepare({ ...before, kmsKeyId }, input, caller.arn)
      : undefined
    const secret = secrets.findLive(input.SecretId)
    const version = prepared && versions.add(secret, prepared)
    secret.description = input.Description ?? secret.description
    secret.kmsKeyId = kmsKeyId
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
      BatchGetSecretValue: batchGetValue,
      ListSecretVersionIds: (input: ListSecretVersionIdsRequest) =>
        listVersions(secrets.findLive(input.SecretId), input),
      UpdateSecretVersionStage: (input: UpdateSecretVersionStageRequest) => moveStage(secrets, input),
      GetRandomPassword: randomPassword,
      TagResource: tag,
      UntagResource: untag,
      GetResourcePolicy: getPolicy,
      PutResourcePolicy: putPolicy,
      DeleteResourcePolicy: deletePolicy,
    },
  }
}

/** Six random characters, by which ARNs of namesakes differ. */
function suffix(): string {
  return Array.from({ length: 6 }, () => SUFFIX[randomInt(SUFFIX.length)]).join('')
}

/** The key of KMS that was named; Secrets Manager's own is the installation's, and no key of KMS. */
function customerKey(keyId: string | undefined): string | undefined {
  return keyId === undefined || keyId === '' || keyId.endsWith('alias/aws/secretsmanager') ? undefined : keyId
}
