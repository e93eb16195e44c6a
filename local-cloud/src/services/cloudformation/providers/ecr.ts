import type { Provider, ProviderContext } from './provider.ts'
import { defined, flag, type KeyValue, lowerCamel, policyText, same, tagChanges } from './values.ts'

type RepositoryProperties = {
  RepositoryName?: string
  ImageTagMutability?: string
  ImageScanningConfiguration?: { ScanOnPush?: unknown }
  EncryptionConfiguration?: Record<string, unknown>
  LifecyclePolicy?: { LifecyclePolicyText?: string }
  RepositoryPolicyText?: unknown
  EmptyOnDelete?: unknown
  Tags?: KeyValue[]
}

const repository: Provider<RepositoryProperties> = {
  replaceOn: ['RepositoryName', 'EncryptionConfiguration'],
  acts: [
    'ImageTagMutability',
    'ImageScanningConfiguration',
    'LifecyclePolicy',
    'RepositoryPolicyText',
    'EmptyOnDelete',
  ],
  nameProperty: 'RepositoryName',
  taggable: true,
  create: async (properties, context) => {
    const repositoryName = properties.RepositoryName ?? context.generatedName(256).toLowerCase()
    const { ImageTagMutability, EncryptionConfiguration, Tags } = properties
    await context.call('ecr', 'CreateRepository', {
      repositoryName,
      ...defined({
        imageTagMutability: ImageTagMutability,
        imageScanningConfiguration: scanning(properties),
        encryptionConfiguration: lowerCamel(EncryptionConfiguration),
        tags: Tags,
      }),
    })
    context.made(repositoryName)
    await setPolicies(repositoryName, properties, {}, context)
    return repositoryName
  },
  update: async (repositoryName, properties, old, context) => {
    const { ImageTagMutability = 'MUTABLE' } = properties
    if (ImageTagMutability !== (old.ImageTagMutability ?? 'MUTABLE'))
      await context.call('ecr', 'PutImageTagMutability', {
        repositoryName,
        imageTagMutability: ImageTagMutability,
      })
    if (!same(scanning(properties), scanning(old)))
      await context.setting('ecr', 'PutImageScanningConfiguration', {
        repositoryName,
        imageScanningConfiguration: scanning(properties) ?? { scanOnPush: false },
      })
    await setPolicies(repositoryName, properties, old, context)
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    const resourceArn = arnOf(repositoryName, context)
    if (set.length > 0) await context.call('ecr', 'TagResource', { resourceArn, tags: set })
    if (remove.length > 0) await context.call('ecr', 'UntagResource', { resourceArn, tagKeys: remove })
  },
  delete: (repositoryName, { EmptyOnDelete }, context) =>
    context.call('ecr', 'DeleteRepository', { repositoryName, force: flag(EmptyOnDelete) }).then(() => {}),
  attributes: async (name, _, context) => {
    const input = { repositoryNames: [name] }
    const { repositories } = await context.call<{
      repositories: { repositoryArn: string; repositoryUri: string }[]
    }>('ecr', 'DescribeRepositories', input)
    return { Arn: repositories[0]?.repositoryArn, RepositoryUri: repositories[0]?.repositoryUri }
  },
}

function scanning({ ImageScanningConfiguration: given }: RepositoryProperties) {
  return given && { scanOnPush: flag(given.ScanOnPush) }
}

async function setPolicies(
  repositoryName: string,
  now: RepositoryProperties,
  old: RepositoryProperties,
  context: ProviderContext,
): Promise<void> {
  const lifecyclePolicyText = now.LifecyclePolicy?.LifecyclePolicyText
  const before = old.LifecyclePolicy?.LifecyclePolicyText
  if (lifecyclePolicyText && lifecyclePolicyText !== before)
    await context.setting('ecr', 'PutLifecyclePolicy', { repositoryName, lifecyclePolicyText })
  if (!lifecyclePolicyText && before)
    await context.setting('ecr', 'DeleteLifecyclePolicy', { repositoryName })
  const policy = now.RepositoryPolicyText
  if (policy !== undefined && !same(policy, old.RepositoryPolicyText))
    await context.setting('ecr', 'SetRepositoryPolicy', { repositoryName, policyText: policyText(policy) })
  if (policy === undefined && old.RepositoryPolicyText !== undefined)
    await context.setting('ecr', 'DeleteRepositoryPolicy', { repositoryName })
}

function arnOf(name: string, { region, accountId }: ProviderContext): string {
  return `arn:aws:ecr:${region}:${accountId}:repository/${name}`
}

export const ECR: Record<string, Provider> = { 'AWS::ECR::Repository': repository }
