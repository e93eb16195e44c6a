import type {
  CreateRepositoryRequest,
  CreateRepositoryResponse,
  DeleteRepositoryRequest,
  DeleteRepositoryResponse,
  DescribeRepositoriesRequest,
  DescribeRepositoriesResponse,
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  PutImageScanningConfigurationRequest,
  PutImageScanningConfigurationResponse,
  PutImageTagMutabilityRequest,
  PutImageTagMutabilityResponse,
  Repository,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-ecr'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import type { Images } from './images.ts'
import type { Layers } from './layers.ts'
import { invalid, page, type Records, type RepositoryRecord } from './records.ts'

/** Repository names as ECR and the distribution specification have them. */
export const REPOSITORY_NAME = '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'
const MUTABILITIES = ['MUTABLE', 'IMMUTABLE', 'MUTABLE_WITH_EXCLUSION', 'IMMUTABLE_WITH_EXCLUSION']
const MAX_TAGS = 50

/** Operations on repositories themselves and on their tags. */
export function repositoryOperations(
  context: ServiceContext,
  records: Records,
  images: Images,
  layers: Layers,
): Record<string, Operation> {
  const { repositories } = records

  function arnOf(name: string): string {
    return `arn:aws:ecr:${context.region}:${context.accountId}:repository/${name}`
  }

  function show(record: RepositoryRecord): Repository {
    return {
      repositoryArn: arnOf(record.name),
      registryId: context.accountId,
      repositoryName: record.name,
      repositoryUri: `${context.accountId}.dkr.ecr.${context.region}.amazonaws.com/${record.name}`,
      createdAt: new Date(record.createdAt),
      imageTagMutability: record.mutability,
      imageTagMutabilityExclusionFilters: record.exclusions.length > 0 ? record.exclusions : undefined,
      imageScanningConfiguration: { scanOnPush: record.scanOnPush },
      encryptionConfiguration: record.encryption,
    }
  }

  function create(input: CreateRepositoryRequest): CreateRepositoryResponse {
    const name = input.repositoryName ?? ''
    if (name.length < 2 || name.length > 256 || !new RegExp(`^${REPOSITORY_NAME}$`).test(name))
      throw invalid('repositoryName', `must satisfy regular expression '${REPOSITORY_NAME}'`)
    if (repositories.get(name))
      throw new AwsError(
        'RepositoryAlreadyExistsException',
        `The repository with name '${name}' already exists in the registry with id '${context.accountId}'`,
      )
    const encryptionType = input.encryptionConfiguration?.encryptionType ?? 'AES256'
    if (!['AES256', 'KMS', 'KMS_DSSE'].includes(encryptionType))
      throw invalid('encryptionConfiguration.encryptionType', 'must be one of AES256, KMS, KMS_DSSE')
    const record: RepositoryRecord = {
      name,
      createdAt: context.clock.now(),
      ...mutabilityOf(input),
      scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
      encryption: { encryptionType, kmsKey: input.encryptionConfiguration?.kmsKey },
      tags: merge([], input.tags),
    }
    repositories.put(name, record)
    return { repository: show(record) }
  }

  async function remove(input: DeleteRepositoryRequest): Promise<DeleteRepositoryResponse> {
    const record = records.repository(input.repositoryName, input.registryId)
    const { name } = record
    if (!input.force && images.list(name).length > 0)
      throw new AwsError(
        'RepositoryNotEmptyException',
        `The repository with name '${name}' in registry with id '${context.accountId}' cannot be deleted because it still contains images`,
      )
    for (const image of images.list(name)) await images.remove(image)
    await layers.forget(
      name,
      records.layers.list(`${name}@`).map(layer => layer.digest),
    )
    repositories.delete(name)
    return { repository: show(record) }
  }

  function describe(input: DescribeRepositoriesRequest): DescribeRepositoriesResponse {
    const { repositoryNames: names, registryId } = input
    if (names?.length) return { repositories: names.map(name => show(records.repository(name, registryId))) }
    const all = page(repositories.list(), record => record.name, input.nextToken, input.maxResults)
    return { repositories: all.items.map(show), nextToken: all.nextToken }
  }

  function putMutability(input: PutImageTagMutabilityRequest): PutImageTagMutabilityResponse {
    const record = records.repository(input.repositoryName, input.registryId)
    const changed = { ...record, ...mutabilityOf(input) }
    repositories.put(record.name, changed)
    return {
      registryId: context.accountId,
      repositoryName: record.name,
      imageTagMutability: changed.mutability,
      imageTagMutabilityExclusionFilters: show(changed).imageTagMutabilityExclusionFilters,
    }
  }

  function putScanning(input: PutImageScanningConfigurationRequest): PutImageScanningConfigurationResponse {
    const record = records.repository(input.repositoryName, input.registryId)
    const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false
    repositories.put(record.name, { ...record, scanOnPush })
    return {
      registryId: context.accountId,
      repositoryName: record.name,
      imageScanningConfiguration: { scanOnPush },
    }
  }

  function byArn(arn: string | undefined): RepositoryRecord {
    const prefix = arnOf('')
    if (!arn?.startsWith(prefix)) throw invalid('resourceArn', `must start with '${prefix}'`)
    return records.repository(arn.slice(prefix.length))
  }

  function tag(input: TagResourceRequest): object {
    const record = byArn(input.resourceArn)
    repositories.put(record.name, { ...record, tags: merge(record.tags, input.tags) })
    return {}
  }

  function untag(input: UntagResourceRequest): object {
    const record = byArn(input.resourceArn)
    const tags = record.tags.filter(known => !input.tagKeys?.includes(known.Key ?? ''))
    repositories.put(record.name, { ...record, tags })
    return {}
  }

  function listTags(input: ListTagsForResourceRequest): ListTagsForResourceResponse {
    return { tags: byArn(input.resourceArn).tags }
  }

  return {
    CreateRepository: create,
    DeleteRepository: remove,
    DescribeRepositories: describe,
    PutImageTagMutability: putMutability,
    PutImageScanningConfiguration: putScanning,
    TagResource: tag,
    UntagResource: untag,
    ListTagsForResource: listTags,
  }
}

function mutabilityOf(
  input: Pick<CreateRepositoryRequest, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>,
): Pick<RepositoryRecord, 'mutability' | 'exclusions'> {
  const mutability = input.imageTagMutability ?? 'MUTABLE'
  if (!MUTABILITIES.includes(mutability))
    throw invalid('imageTagMutability', `must be one of ${MUTABILITIES.join(', ')}`)
  const filters = input.imageTagMutabilityExclusionFilters ?? []
  if (filters.length > 0 !== mutability.endsWith('_WITH_EXCLUSION'))
    throw invalid('imageTagMutabilityExclusionFilters', 'must be given with *_WITH_EXCLUSION and only then')
  if (filters.some(({ filter }) => !/^[\w.*-]{1,128}$/.test(filter ?? '')))
    throw invalid(
      'imageTagMutabilityExclusionFilters',
      'must satisfy regular expression ^[0-9a-zA-Z._*-]{1,128}',
    )
  return {
    mutability: mutability as RepositoryRecord['mutability'],
    exclusions: filters.map(({ filter = '' }) => ({ filterType: 'WILDCARD' as const, filter })),
  }
}

function merge(
  known: RepositoryRecord['tags'],
  added: RepositoryRecord['tags'] = [],
): RepositoryRecord['tags'] {
  const tags = new Map([...known, ...added].map(({ Key = '', Value = '' }) => [Key, Value]))
  if ([...tags.keys()].some(key => key.length < 1 || key.length > 128))
    throw new AwsError('InvalidTagParameterException', 'a tag key has between 1 and 128 characters')
  if (tags.size > MAX_TAGS)
    throw new AwsError('TooManyTagsException', `a repository has at most ${MAX_TAGS} tags`)
  return [...tags].map(([Key, Value]) => ({ Key, Value }))
}
