import type {
  AddTagsToResourceRequest,
  DeleteParameterRequest,
  DeleteParametersRequest,
  DeleteParametersResult,
  DescribeParametersRequest,
  DescribeParametersResult,
  GetParameterRequest,
  GetParameterResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  GetParametersRequest,
  GetParametersResult,
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
  Parameter,
  PutParameterRequest,
  PutParameterResult,
  RemoveTagsFromResourceRequest,
} from '@aws-sdk/client-ssm'
import { AwsError } from '../../core/aws-error.ts'
import { openSeal } from '../../core/seal.ts'
import type { RequestContext, Service, ServiceContext } from '../../core/service.ts'
import { isBelow, modernise, passes } from './filters.ts'
import { invalid, type ParameterRecord, type ParameterVersion, page } from './model.ts'
import { checkPut } from './put.ts'

/** Most versions that are kept, most names in a batch and most results in a page, as on AWS. */
const MAX_VERSIONS = 100
const MAX_NAMES = 10
const MAX_BY_PATH = 10
const MAX_DESCRIBED = 50

/** The Parameter Store of Systems Manager; nothing else of that service. */
export function createSsm(context: ServiceContext): Service {
  const { clock } = context
  const parameters = context.store.collection<ParameterRecord>('ssm', 'parameter')
  const seal = openSeal(context.store.folder('ssm'))
  const arnOf = (name: string) =>
    `arn:aws:ssm:${context.region}:${context.accountId}:parameter/${name.replace(/^\//, '')}`

  function put(input: PutParameterRequest, { caller }: Pick<RequestContext, 'caller'>): PutParameterResult {
    const name = input.Name ?? ''
    const known = parameters.get(name)
    checkPut(input, input.AllowedPattern ?? known?.allowedPattern)
    if (known && !input.Overwrite)
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      )
    if (input.Overwrite && input.Tags?.length)
      throw invalid(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
      )
    const type = input.Type ?? known?.type
    if (!type) throw invalid('A parameter type is required when you create a parameter.')
    const version = (known?.versions.at(-1)?.version ?? 0) + 1
    const value = input.Value ?? ''
    const record: ParameterRecord = {
      name,
      arn: arnOf(name),
      type,
      description: input.Description ?? known?.description,
      keyId: type === 'SecureString' ? (input.KeyId ?? known?.keyId ?? 'alias/aws/ssm') : undefined,
      allowedPattern: input.AllowedPattern ?? known?.allowedPattern,
      tier: input.Tier === 'Intelligent-Tiering' ? 'Standard' : (input.Tier ?? known?.tier ?? 'Standard'),
      dataType: input.DataType ?? known?.dataType ?? 'text',
      tags:
        known?.tags ?? Object.fromEntries((input.Tags ?? []).map(tag => [tag.Key ?? '', tag.Value ?? ''])),
      versions: [
        ...(known?.type === type ? known.versions : []),
        {
          version,
          value: type === 'SecureString' ? seal.close(value, `${name} ${version}`) : value,
          modifiedAt: clock.now(),
          modifiedBy: caller.arn,
        },
      ].slice(-MAX_VERSIONS),
    }
    parameters.put(name, record)
    return { Version: version, Tier: record.tier }
  }

  /** A name may be an ARN and may end in `:<version>`. @throws ParameterNotFound, ParameterVersionNotFound */
  function find(selector: string): { record: ParameterRecord; version: ParameterVersion; suffix?: string } {
    const [, arnName, plain = '', suffix] =
      /^(?:arn:[^:]*:ssm:[^:]*:[^:]*:parameter(\/[^:]+)|([^:]*))(:.+)?$/.exec(selector) ?? []
    const record =
      parameters.get(arnName ?? plain) ?? (arnName ? parameters.get(arnName.slice(1)) : undefined)
    if (!record) throw new AwsError('ParameterNotFound', `Parameter ${selector} not found.`)
    const version = suffix
      ? record.versions.find(one => `:${one.version}` === suffix)
      : record.versions.at(-1)
    if (!version)
      throw new AwsError(
        'ParameterVersionNotFound',
        `Systems Manager could not find version ${suffix?.slice(1)} of ${record.name}.`,
      )
    return { record, version, suffix }
  }

  function tell(
    { record, version, suffix }: ReturnType<typeof find>,
    decrypt: boolean | undefined,
  ): Parameter {
    const open = record.type === 'SecureString' && decrypt
    return {
      Name: record.name,
      Type: record.type,
      Value: open ? seal.open(version.value, `${record.name} ${version.version}`).toString() : version.value,
      Version: version.version,
      Selector: suffix,
      LastModifiedDate: new Date(version.modifiedAt),
      ARN: record.arn,
      DataType: record.dataType,
    }
  }

  function get({ Name = '', WithDecryption }: GetParameterRequest): GetParameterResult {
    return { Parameter: tell(find(Name), WithDecryption) }
  }

  function getMany({ Names, WithDecryption }: GetParametersRequest): GetParametersResult {
    const result = { Parameters: [] as Parameter[], InvalidParameters: [] as string[] }
    for (const name of batch(Names))
      try {
        result.Parameters.push(tell(find(name), WithDecryption))
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        result.InvalidParameters.push(name)
      }
    return result
  }

  function getByPath(input: GetParametersByPathRequest): GetParametersByPathResult {
    const path = input.Path ?? ''
    if (!path.startsWith('/')) throw invalid(`The path '${path}' must begin with a slash.`)
    const below = parameters
      .list()
      .filter(one => isBelow(one.name, path, Boolean(input.Recursive)) && passes(one, input.ParameterFilters))
    const { items, NextToken } = page(below, input, MAX_BY_PATH)
    return { Parameters: items.map(one => tell(find(one.name), input.WithDecryption)), NextToken }
  }

  function remove({ Name = '' }: DeleteParameterRequest): object {
    if (!parameters.delete(Name)) throw new AwsError('ParameterNotFound', `Parameter ${Name} not found.`)
    return {}
  }

  function removeMany({ Names }: DeleteParametersRequest): DeleteParametersResult {
    const result = { DeletedParameters: [] as string[], InvalidParameters: [] as string[] }
    for (const name of batch(Names))
      (parameters.delete(name) ? result.DeletedParameters : result.InvalidParameters).push(name)
    return result
  }

  function describe(input: DescribeParametersRequest): DescribeParametersResult {
    const filters = [...(input.ParameterFilters ?? []), ...modernise(input.Filters)]
    const found = parameters.list().filter(one => passes(one, filters))
    const { items, NextToken } = page(found, input, MAX_DESCRIBED)
    return {
      Parameters: items.map(one => {
        const { version, modifiedAt, modifiedBy } = one.versions.at(-1) as ParameterVersion
        return {
          Name: one.name,
          ARN: one.arn,
          Type: one.type,
          KeyId: one.keyId,
          LastModifiedDate: new Date(modifiedAt),
          LastModifiedUser: modifiedBy,
          Description: one.description,
          AllowedPattern: one.allowedPattern,
          Version: version,
          Tier: one.tier,
          Policies: [],
          DataType: one.dataType,
        }
      }),
      NextToken,
    }
  }

  /** @throws InvalidResourceType, InvalidResourceId */
  function tagged({ ResourceType, ResourceId = '' }: ListTagsForResourceRequest): ParameterRecord {
    if (ResourceType !== 'Parameter')
      throw new AwsError('InvalidResourceType', `The local cloud has no resources of type '${ResourceType}'.`)
    const record = parameters.get(ResourceId)
    if (!record) throw new AwsError('InvalidResourceId', `The parameter '${ResourceId}' does not exist.`)
    return record
  }

  function addTags(input: AddTagsToResourceRequest): object {
    const record = tagged(input)
    for (const { Key = '', Value = '' } of input.Tags ?? []) record.tags[Key] = Value
    parameters.put(record.name, record)
    return {}
  }

  function removeTags(input: RemoveTagsFromResourceRequest): object {
    const record = tagged(input)
    for (const key of input.TagKeys ?? []) delete record.tags[key]
    parameters.put(record.name, record)
    return {}
  }

  function listTags(input: ListTagsForResourceRequest): ListTagsForResourceResult {
    return { TagList: Object.entries(tagged(input).tags).map(([Key, Value]) => ({ Key, Value })) }
  }

  return {
    name: 'ssm',
    protocol: 'json',
    targetPrefix: 'AmazonSSM',
    jsonVersion: '1.1',
    operations: {
      PutParameter: put,
      GetParameter: get,
      GetParameters: getMany,
      GetParametersByPath: getByPath,
      DeleteParameter: remove,
      DeleteParameters: removeMany,
      DescribeParameters: describe,
      AddTagsToResource: addTags,
      RemoveTagsFromResource: removeTags,
      ListTagsForResource: listTags,
    },
  }
}

function batch(names: string[] | undefined): string[] {
  if (!names?.length || names.length > MAX_NAMES)
    throw invalid(`Names must hold between 1 and ${MAX_NAMES} names`)
  return [...new Set(names)]
}
