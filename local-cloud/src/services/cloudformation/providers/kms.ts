import type { Provider, ProviderContext } from './provider.ts'
import { flag, type KeyValue, optionalNumber, policyText, tagChanges } from './values.ts'

type KeyProperties = {
  Description?: string
  KeyPolicy?: unknown
  EnableKeyRotation?: unknown
  Enabled?: unknown
  PendingWindowInDays?: unknown
  KeySpec?: string
  KeyUsage?: string
  Tags?: KeyValue[]
}

const key: Provider<KeyProperties> = {
  replaceOn: ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  acts: ['Description', 'EnableKeyRotation', 'Enabled', 'PendingWindowInDays'],
  taggable: true,
  create: async (properties, context) => {
    const { Description, KeyPolicy, KeySpec, KeyUsage, Tags = [] } = properties
    const { KeyMetadata } = await context.call<{ KeyMetadata: { KeyId: string } }>('kms', 'CreateKey', {
      Description,
      KeySpec,
      KeyUsage,
      Policy: KeyPolicy === undefined ? undefined : policyText(KeyPolicy),
      Tags: kmsTags(Tags),
    })
    context.made(KeyMetadata.KeyId)
    await setState(KeyMetadata.KeyId, properties, {}, context)
    return KeyMetadata.KeyId
  },
  update: async (KeyId, properties, old, context) => {
    await context.call('kms', 'UpdateKeyDescription', { KeyId, Description: properties.Description ?? '' })
    if (properties.KeyPolicy !== undefined)
      await context.call('kms', 'PutKeyPolicy', {
        KeyId,
        PolicyName: 'default',
        Policy: policyText(properties.KeyPolicy),
      })
    await setState(KeyId, properties, old, context)
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    if (set.length > 0) await context.call('kms', 'TagResource', { KeyId, Tags: kmsTags(set) })
    if (remove.length > 0) await context.call('kms', 'UntagResource', { KeyId, TagKeys: remove })
  },
  delete: async (KeyId, { PendingWindowInDays }, context) => {
    await context.call('kms', 'ScheduleKeyDeletion', {
      KeyId,
      PendingWindowInDays: optionalNumber(PendingWindowInDays) ?? 30,
    })
  },
  attributes: (id, _, { region, accountId }) => ({
    KeyId: id,
    Arn: `arn:aws:kms:${region}:${accountId}:key/${id}`,
  }),
}

async function setState(
  KeyId: string,
  now: KeyProperties,
  old: KeyProperties,
  context: ProviderContext,
): Promise<void> {
  const enabled = now.Enabled === undefined || flag(now.Enabled)
  const wasEnabled = old.Enabled === undefined || flag(old.Enabled)
  if (enabled && !wasEnabled) await context.call('kms', 'EnableKey', { KeyId })
  if (flag(now.EnableKeyRotation) !== flag(old.EnableKeyRotation))
    await context.call('kms', flag(now.EnableKeyRotation) ? 'EnableKeyRotation' : 'DisableKeyRotation', {
      KeyId,
    })
  if (!enabled && wasEnabled) await context.call('kms', 'DisableKey', { KeyId })
}

function kmsTags(tags: KeyValue[]) {
  return tags.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value }))
}

const alias: Provider<{ AliasName?: string; TargetKeyId?: string }> = {
  replaceOn: ['AliasName'],
  acts: ['TargetKeyId'],
  nameProperty: 'AliasName',
  create: async ({ AliasName = '', TargetKeyId }, context) => {
    await context.call('kms', 'CreateAlias', { AliasName, TargetKeyId })
    return AliasName
  },
  update: (AliasName, { TargetKeyId }, _, context) =>
    context.call('kms', 'UpdateAlias', { AliasName, TargetKeyId }).then(() => {}),
  delete: (AliasName, _, context) => context.call('kms', 'DeleteAlias', { AliasName }).then(() => {}),
}

/** Keys, whose policies are kept and not enforced, and their aliases. */
export const KMS: Record<string, Provider> = { 'AWS::KMS::Key': key, 'AWS::KMS::Alias': alias }
