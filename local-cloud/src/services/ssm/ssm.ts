import type {
  AddTagsToResourceRequest,
  DeleteParameterRequest,
  DeleteParametersRequest,
  DeleteParametersResult,
  DescribeParametersRequest,
  DescribeParametersResult,
  GetParameterHistoryRequest,
  GetParameterHistoryResult,
  GetParameterRequest,
  GetParameterResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  GetParametersRequest,
  GetParametersResult,
  LabelParameterVersionRequest,
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
  Parameter,
  PutParameterRequest,
  PutParameterResult,
  RemoveTagsFromResourceRequest,
  UnlabelParameterVersionRequest,
} from '@aws-sdk/client-ssm'
import { AwsError } from '../../core/aws-error.ts'
import { openSeal } from '../../core/seal.ts'
import type { RequestContext, Service, ServiceContext } from '../../core/service.ts'
import { isBelow, modernise, passes } from './filters.ts'
import { historyOf, labelVersion, unlabelVersion } from './history.ts'
import { invalid, type ParameterRecord, type ParameterVersion, page } from './model.ts'
import { checkPut } from './put.ts'
import { createSecure, OWN_KEY } from './secure.ts'

type AsCaller = Pick<RequestContext, 'caller'>

/** Most versions that are kept, most names in a batch and most results in a page, as on AWS. */
const MAX_VERSIONS = 100
const MAX_NAMES = 10
const MAX_BY_PATH = 10
const MAX_DESCRIBED = 50

/** The Parameter Store of Systems Manager; nothing else of that service. */
export function createSsm(context: ServiceContext): Service {
  const { clock } = context
  const parameters = context.store.collection<ParameterRecord>('ssm', 'parameter')
  const secure = createSecure(openSeal(context.store.folder('ssm')), context.invoke)
  const arnOf = (name: string) =>
    `arn:aws:ssm:${context.region}:${context.accountId}:parameter/${name.replace(/^\//, '')}`

  async function put(input: PutParameterRequest, { caller }: AsCaller): Promise<PutParameterResult> {
    const { name, type, keyId, version } = planned(input)
    const value = input.Value ?? ''
    const secret =
      type === 'SecureString' && keyId !== undefined
        ? await secure.close({ name, arn: arnOf(name), keyId, version }, value, caller.arn)
        : { value }
    // another may have put it while KMS was asked
    if (planned(input).version !== version) return put(input, { caller })
    const known = parameters.get(name)
    const modified = { version, modifiedAt: clock.now(), modifiedBy: caller.arn }
    const record: ParameterRecord = {
      name,
      arn: arnOf(name),
      type,
      description: input.Description ?? known?.description,
      keyId,
      allowedPattern: input.AllowedPattern ?? known?.allowedPattern,
      tier: input.Tier === 'Intelligent-Tiering' ? 'Standard' : (input.Tier ?? known?.tier ?? 'Standard'),
      dataType: input.DataType ?? known?.dataType ?? 'text',
      tags:
        known?.tags ?? Object.fromEntries((input.Tags ?? []).map(tag => [tag.Key ?? '', tag.Value ?? ''])),
      versions: kept([...(known?.type === type ? known.versions : []), { ...secret, ...modified }]),
    }
    parameters.put(name, record)
    return { Version: version, Tier: record.tier }
  }

  /** What a put would make, as the parameter is now. @throws AwsError where it may not */
  function planned(input: PutParameterRequest) {
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
    const keyId = type === 'SecureString' ? (input.KeyId ?? known?.keyId ?? OWN_KEY) : undefined
    return { name, type, keyId, version: (known?.versions.at(-1)?.version ?? 0) + 1 }
  }

  /** A name may be an ARN and may end in `:<version>`. @throws ParameterNotFound, ParameterVersionNotFound */
  function find(selector: string): { record: ParameterRecord; version: ParameterVersion; suffix?: string } {
    const [, arnName, plain = '', suffix] =
      /^(?:arn:[^:]*:ssm:[^:]*:[^:]*:parameter(\/[^:]+)|([^:]*))(:.+)?$/.exec(selector) ?? []
    const record =
      parameters.get(arnName ?? plain) ?? (arnName ? parameters.get(arnName.slice(1)) : undefined)
    if (!record) throw new AwsError('ParameterNotFound', `Parameter ${selector} not found.`)
    const version = suffix
      ? record.versions.find(one => `:${one.version}` === suffix || one.labels?.includes(suffix.slice(1)))
      : record.versions.at(-1)
    if (!version)
      throw new AwsError(
        'ParameterVersionNotFound',
        `Systems Manager could not find version ${suffix?.slice(1)} of ${record.name}.`,
      )
    return { record, version, suffix }
  }

  async function tell(
    { record, version, suffix }: ReturnType<typeof find>,
    decrypt: boolean | undefined,
    { caller }: AsCaller,
  ): Promise<Parameter> {
    return {
      Name: record.name,
      Type: record.type,
      Value: await readValue(record, version, decrypt, caller.arn),
      Version: version.version,
      Selector: suffix,
      LastModifiedDate: new Date(version.modifiedAt),
      ARN: record.arn,
      DataType: record.dataType,
    }
  }

  async function readValue(
    record: ParameterRecord,
    version: ParameterVersion,
    decrypt: boolean | undefined,
    principal: string,
  ): Promise<string> {
    if (record.type !== 'SecureString' || !decrypt) return version.value
    return secure.open(record, version, principal)
  }

  async function get(
    { Name = '', WithDecryption }: GetParameterRequest,
    context: AsCaller,
  ): Promise<GetParameterResult> {
    return { Parameter: await tell(find(Name), WithDecryption, context) }
  }

  async function getMany(
    { Names, WithDecryption }: GetParametersRequest,
    context: AsCaller,
  ): Promise<GetParametersResult> {
    const result = { Parameters: [] as Parameter[], InvalidParameters: [] as string[] }
    for (const name of batch(Names))
      try {
        result.Parameters.push(await tell(find(name), WithDecryption, context))
      } catch (error) {
        if (!(error instanceof AwsError) || !error.code.startsWith('Parameter')) throw error
        result.InvalidParameters.push(name)
      }
    return result
  }

  async function getByPath(
    input: GetParametersByPathRequest,
    context: AsCaller,
  ): Promise<GetParametersByPathResult> {
    const path = input.Path ?? ''
    if (!path.startsWith('/')) throw invalid(`The path '${path}' must begin with a slash.`)
    const below = parameters
      .list()
      .filter(one => isBelow(one.name, path, Boolean(input.Recursive)) && passes(one, input.ParameterFilters))
    const { items, NextToken } = page(below, input, MAX_BY_PATH)
    const Parameters: Parameter[] = []
    for (const one of items) Parameters.push(await tell(find(one.name), input.WithDecryption, context))
    return { Parameters, NextToken }
  }

  function history(
    input: GetParameterHistoryRequest,
    { caller }: AsCaller,
  ): Promise<GetParameterHistoryResult> {
    const { record } = find(input.Name ?? '')
    return historyOf(record, input, version => readValue(record, version, input.WithDecryption, caller.arn))
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
      GetParameterHistory: history,
      LabelParameterVersion: (input: LabelParameterVersionRequest) => labelVersion(parameters, input),
      UnlabelParameterVersion: (input: UnlabelParameterVersionRequest) => unlabelVersion(parameters, input),
      AddTagsToResource: addTags,
      RemoveTagsFromResource: removeTags,
      ListTagsForResource: listTags,
    },
  }
}

/**
 * The newest versions that are kept. A version with a label is not dropped unseen (PutParameter, API reference).
 * @throws AwsError `ParameterMaxVersionLimitExceeded`
 */
function kept(versions: ParameterVersion[]): ParameterVersion[] {
  if (versions.length > MAX_VERSIONS && versions[0]?.labels?.length)
    throw new AwsError(
      'ParameterMaxVersionLimitExceeded',
      `The oldest of ${MAX_VERSIONS} versions has a label: move the label, then put the parameter again.`,
    )
  return versions.slice(-MAX_VERSIONS)
}

function batch(names: string[] | undefined): string[] {
  if (!names?.length || names.length > MAX_NAMES)
    throw invalid(`Names must hold between 1 and ${MAX_NAMES} names`)
  return [...new Set(names)]
}
