import type { Provider } from './provider.ts'
import { randomPassword } from './random-password.ts'
import { defined, flag, type KeyValue, optionalNumber, same, tagChanges } from './values.ts'

type Generate = {
  SecretStringTemplate?: string
  GenerateStringKey?: string
  PasswordLength?: unknown
  ExcludeCharacters?: string
  ExcludeLowercase?: unknown
  ExcludeNumbers?: unknown
  ExcludePunctuation?: unknown
  ExcludeUppercase?: unknown
  IncludeSpace?: unknown
  RequireEachIncludedType?: unknown
}

type SecretProperties = {
  Name?: string
  Description?: string
  KmsKeyId?: string
  SecretString?: string
  GenerateSecretString?: Generate
  Tags?: KeyValue[]
}

const secret: Provider<SecretProperties> = {
  replaceOn: ['Name'],
  acts: ['Description', 'KmsKeyId', 'SecretString', 'GenerateSecretString'],
  nameProperty: 'Name',
  taggable: true,
  create: async (properties, context) => {
    const { Description, KmsKeyId, Tags } = properties
    const { ARN } = await context.call<{ ARN: string }>('secretsmanager', 'CreateSecret', {
      Name: properties.Name ?? context.generatedName(512),
      ClientRequestToken: context.token,
      ...defined({ Description, KmsKeyId, Tags, SecretString: secretValue(properties) }),
    })
    return ARN
  },
  update: async (SecretId, properties, old, context) => {
    const { Description = '', KmsKeyId } = properties
    const changed =
      properties.SecretString !== old.SecretString ||
      !same(properties.GenerateSecretString, old.GenerateSecretString)
    // A secret that was adopted after a crash keeps the value that it has.
    const SecretString = changed && Object.keys(old).length > 0 ? secretValue(properties) : undefined
    await context.call('secretsmanager', 'UpdateSecret', {
      SecretId,
      Description,
      ...defined({ KmsKeyId, SecretString }),
    })
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    if (set.length > 0) await context.call('secretsmanager', 'TagResource', { SecretId, Tags: set })
    if (remove.length > 0)
      await context.call('secretsmanager', 'UntagResource', { SecretId, TagKeys: remove })
  },
  delete: (SecretId, _, context) =>
    context
      .call('secretsmanager', 'DeleteSecret', { SecretId, ForceDeleteWithoutRecovery: true })
      .then(() => {}),
  attributes: id => ({ Id: id }),
  identify: async ({ Name }, context) => {
    const { ARN } = await context.call<{ ARN: string }>('secretsmanager', 'DescribeSecret', {
      SecretId: Name,
    })
    return ARN
  },
}

function secretValue({ SecretString, GenerateSecretString: rules }: SecretProperties): string | undefined {
  if (!rules) return SecretString
  const password = randomPassword({
    length: optionalNumber(rules.PasswordLength) ?? 32,
    excludeCharacters: rules.ExcludeCharacters ?? '',
    excludeLowercase: flag(rules.ExcludeLowercase),
    excludeNumbers: flag(rules.ExcludeNumbers),
    excludePunctuation: flag(rules.ExcludePunctuation),
    excludeUppercase: flag(rules.ExcludeUppercase),
    includeSpace: flag(rules.IncludeSpace),
    requireEachIncludedType:
      rules.RequireEachIncludedType === undefined || flag(rules.RequireEachIncludedType),
  })
  if (!rules.GenerateStringKey) return password
  return JSON.stringify({
    ...JSON.parse(rules.SecretStringTemplate ?? '{}'),
    [rules.GenerateStringKey]: password,
  })
}

export const SECRETS_MANAGER: Record<string, Provider> = { 'AWS::SecretsManager::Secret': secret }
