import type {
  CreateAliasRequest,
  CreateKeyRequest,
  KeyMetadata,
  ListAliasesRequest,
  ListKeysRequest,
  ListResourceTagsRequest,
  PutKeyPolicyRequest,
  ScheduleKeyDeletionRequest,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateKeyDescriptionRequest,
} from '@aws-sdk/client-kms'
import { AwsError } from '../../core/aws-error.ts'
import type { Service, ServiceContext } from '../../core/service.ts'
import { asymmetricOperations } from './asymmetric.ts'
import { type AskPolicy, cryptographyOperations } from './cryptography.ts'
import { grantOperations } from './grants.ts'
import { checkKeyPolicy } from './key-policy.ts'
import { createKeys, type Key } from './keys.ts'
import { pageOf } from './pages.ts'
import { rotationOperations } from './rotation.ts'

const DAY_MS = 86_400_000

interface Named {
  KeyId?: string
}

/** Keys that really encrypt or sign, by leave of their policies. */
export function createKms(context: ServiceContext): Service {
  const keys = createKeys(context)
  const grants = grantOperations(context, keys)
  const ask: AskPolicy = (key, action, { caller }, encryptionContext) =>
    checkKeyPolicy(key, grants.of(key.id), caller, action, encryptionContext)
  const { accountId, region } = context

  function createKey(input: CreateKeyRequest) {
    const spec = specOf(input)
    const tags = (input.Tags ?? []) as Key['tags']
    const key = keys.create({
      description: input.Description ?? '',
      policy: checkPolicy(input.Policy),
      tags,
      spec,
    })
    return { KeyMetadata: metadata(key) }
  }

  function metadata(key: Key): KeyMetadata {
    const pending = key.deletionAt !== undefined
    return {
      AWSAccountId: accountId,
      KeyId: key.id,
      Arn: key.arn,
      CreationDate: new Date(key.createdAt),
      Enabled: key.enabled && !pending,
      Description: key.description,
      KeyUsage: key.spec ? 'SIGN_VERIFY' : 'ENCRYPT_DECRYPT',
      KeyState: pending ? 'PendingDeletion' : key.enabled ? 'Enabled' : 'Disabled',
      DeletionDate: key.deletionAt === undefined ? undefined : new Date(key.deletionAt),
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: key.spec ?? 'SYMMETRIC_DEFAULT',
      KeySpec: key.spec ?? 'SYMMETRIC_DEFAULT',
      ...(key.spec
        ? { SigningAlgorithms: ['ECDSA_SHA_256'] }
        : { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }),
      MultiRegion: false,
    }
  }

  function scheduleKeyDeletion(input: ScheduleKeyDeletionRequest) {
    const days = input.PendingWindowInDays ?? 30
    if (!(days >= 7 && days <= 30))
      throw new AwsError('ValidationException', `PendingWindowInDays ${days} must be between 7 and 30`)
    const { deletionAt } = keys.get(input.KeyId)
    if (deletionAt !== undefined)
      throw new AwsError('KMSInvalidStateException', `${input.KeyId} is pending deletion.`)
    const key = keys.change(input.KeyId, { deletionAt: context.clock.now() + days * DAY_MS })
    return {
      KeyId: key.arn,
      DeletionDate: new Date(key.deletionAt as number),
      KeyState: 'PendingDeletion',
      PendingWindowInDays: days,
    }
  }

  function createAlias(input: CreateAliasRequest): void {
    const name = aliasName(input.AliasName)
    if (keys.aliases.get(name))
      throw new AwsError(
        'AlreadyExistsException',
        `An alias with the name arn:aws:kms:${region}:${accountId}:${name} already exists`,
      )
    keys.aliases.put(name, { name, keyId: keys.usable(input.TargetKeyId).id, createdAt: context.clock.now() })
  }

  function updateAlias(input: CreateAliasRequest): void {
    const alias = existingAlias(input.AliasName)
    keys.aliases.put(alias.name, { ...alias, keyId: keys.usable(input.TargetKeyId).id })
  }

  function existingAlias(given: string | undefined) {
    const name = aliasName(given)
    const found = keys.aliases.get(name)
    if (!found)
      throw new AwsError(
        'NotFoundException',
        `Alias arn:aws:kms:${region}:${accountId}:${name} is not found.`,
      )
    return found
  }

  function listAliases(input: ListAliasesRequest) {
    const wanted = input.KeyId ? keys.get(input.KeyId).id : undefined
    const found = keys.aliases.list().filter(alias => !wanted || alias.keyId === wanted)
    const { items, ...rest } = pageOf(found, input)
    return {
      Aliases: items.map(alias => ({
        AliasName: alias.name,
        AliasArn: `arn:aws:kms:${region}:${accountId}:${alias.name}`,
        TargetKeyId: alias.keyId,
        CreationDate: new Date(alias.createdAt),
      })),
      ...rest,
    }
  }

  function tagResource(input: TagResourceRequest): void {
    const added = (input.Tags ?? []) as Key['tags']
    const names = new Set(added.map(tag => tag.TagKey))
    const kept = keys.get(input.KeyId).tags.filter(tag => !names.has(tag.TagKey))
    keys.change(input.KeyId, { tags: [...kept, ...added] })
  }

  function untagResource(input: UntagResourceRequest): void {
    const tags = keys.get(input.KeyId).tags.filter(tag => !input.TagKeys?.includes(tag.TagKey))
    keys.change(input.KeyId, { tags })
  }

  return {
    name: 'kms',
    protocol: 'json',
    targetPrefix: 'TrentService',
    jsonVersion: '1.1',
    operations: {
      ...cryptographyOperations(keys, ask),
      ...asymmetricOperations(keys, ask),
      ...rotationOperations(context, keys),
      ...grants.operations,
      CreateKey: createKey,
      DescribeKey: (input: Named) => ({ KeyMetadata: metadata(keys.get(input.KeyId)) }),
      ListKeys: (input: ListKeysRequest) => {
        const { items, ...rest } = pageOf(keys.list(), input)
        return { Keys: items.map(key => ({ KeyId: key.id, KeyArn: key.arn })), ...rest }
      },
      UpdateKeyDescription: (input: UpdateKeyDescriptionRequest) =>
        void keys.change(input.KeyId, { description: input.Description ?? '' }),
      EnableKey: (input: Named) => void keys.change(input.KeyId, { enabled: true }),
      DisableKey: (input: Named) => void keys.change(input.KeyId, { enabled: false }),
      PutKeyPolicy: (input: PutKeyPolicyRequest) =>
        void keys.change(input.KeyId, { policy: checkPolicy(input.Policy) as string }),
      GetKeyPolicy: (input: Named) => ({ Policy: keys.get(input.KeyId).policy, PolicyName: 'default' }),
      ScheduleKeyDeletion: scheduleKeyDeletion,
      CancelKeyDeletion: (input: Named) => ({
        KeyId: keys.change(input.KeyId, { deletionAt: undefined, enabled: false }).arn,
      }),
      CreateAlias: createAlias,
      UpdateAlias: updateAlias,
      DeleteAlias: (input: { AliasName?: string }) =>
        void keys.aliases.delete(existingAlias(input.AliasName).name),
      ListAliases: listAliases,
      TagResource: tagResource,
      UntagResource: untagResource,
      ListResourceTags: (input: ListResourceTagsRequest) => {
        const { items, ...rest } = pageOf(keys.get(input.KeyId).tags, input)
        return { Tags: items, ...rest }
      },
    },
  }
}

function specOf({
  KeySpec = 'SYMMETRIC_DEFAULT',
  KeyUsage = 'ENCRYPT_DECRYPT',
}: CreateKeyRequest): Key['spec'] {
  if (KeySpec === 'SYMMETRIC_DEFAULT' && KeyUsage === 'ENCRYPT_DECRYPT') return undefined
  if (KeySpec === 'ECC_NIST_P256' && KeyUsage === 'SIGN_VERIFY') return KeySpec
  throw new AwsError(
    'UnsupportedOperationException',
    `the local cloud has no keys of spec ${KeySpec} for ${KeyUsage}`,
  )
}

function aliasName(name: string | undefined): string {
  if (!/^alias\/[\w/-]+$/.test(name ?? ''))
    throw new AwsError(
      'ValidationException',
      `alias '${name}' must begin with alias/ and have letters, digits, _, / and -`,
    )
  if (name?.startsWith('alias/aws/'))
    throw new AwsError('NotAuthorizedException', `alias '${name}': names below alias/aws/ are AWS's own`)
  return name as string
}

function checkPolicy(policy: string | undefined): string | undefined {
  try {
    if (policy !== undefined) JSON.parse(policy)
  } catch {
    throw new AwsError('MalformedPolicyDocumentException', 'the key policy is not JSON')
  }
  return policy
}
