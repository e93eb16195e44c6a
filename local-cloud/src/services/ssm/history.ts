import type {
  GetParameterHistoryRequest,
  GetParameterHistoryResult,
  LabelParameterVersionRequest,
  LabelParameterVersionResult,
  ParameterHistory,
  UnlabelParameterVersionRequest,
  UnlabelParameterVersionResult,
} from '@aws-sdk/client-ssm'
import { AwsError } from '../../core/aws-error.ts'
import type { Collection } from '../../core/store.ts'
import { invalid, type ParameterRecord, type ParameterVersion, page } from './model.ts'

/** Most labels of a version and longest label (Systems Manager user guide, "Working with parameter labels"). */
const MOST_LABELS = 10
const LONGEST_LABEL = 100
const MOST_SHOWN = 50

/** One page of a parameter's versions, oldest first. @param value reads a version's value */
export async function historyOf(
  record: ParameterRecord,
  input: GetParameterHistoryRequest,
  value: (version: ParameterVersion) => Promise<string>,
): Promise<GetParameterHistoryResult> {
  const { items, NextToken } = page(record.versions, input, MOST_SHOWN)
  const Parameters: ParameterHistory[] = []
  for (const version of items)
    Parameters.push({
      Name: record.name,
      Type: record.type,
      KeyId: record.keyId,
      LastModifiedDate: new Date(version.modifiedAt),
      LastModifiedUser: version.modifiedBy,
      Description: record.description,
      Value: await value(version),
      AllowedPattern: record.allowedPattern,
      Version: version.version,
      Labels: version.labels ?? [],
      Tier: record.tier,
      Policies: [],
      DataType: record.dataType,
    })
  return { Parameters, NextToken }
}

/**
 * Puts labels on a version, taking them from another of the same parameter; labels that AWS does not take are told.
 * @throws AwsError `ParameterNotFound`, `ParameterVersionNotFound`, `ParameterVersionLabelLimitExceeded`
 */
export function labelVersion(
  parameters: Collection<ParameterRecord>,
  input: LabelParameterVersionRequest,
): LabelParameterVersionResult {
  const { record, version } = find(parameters, input.Name, input.ParameterVersion)
  const wanted = [...new Set(input.Labels ?? [])]
  const tooLong = wanted.find(label => label.length > LONGEST_LABEL)
  if (wanted.length === 0 || wanted.length > MOST_LABELS || tooLong !== undefined)
    throw invalid(`Labels must be 1 to ${MOST_LABELS} of at most ${LONGEST_LABEL} characters`)
  const good = wanted.filter(label => /^[a-zA-Z_][\w.-]*$/.test(label) && !/^(aws|ssm)/i.test(label))
  const labels = [...new Set([...(version.labels ?? []), ...good])]
  if (labels.length > MOST_LABELS)
    throw new AwsError(
      'ParameterVersionLabelLimitExceeded',
      `A parameter version can have at most ${MOST_LABELS} labels.`,
    )
  for (const other of record.versions)
    other.labels = (other.labels ?? []).filter(label => !good.includes(label))
  version.labels = labels
  parameters.put(record.name, record)
  return {
    InvalidLabels: wanted.filter(label => !good.includes(label)),
    ParameterVersion: version.version,
  }
}

/** Takes labels off a version. */
export function unlabelVersion(
  parameters: Collection<ParameterRecord>,
  input: UnlabelParameterVersionRequest,
): UnlabelParameterVersionResult {
  const { record, version } = find(parameters, input.Name, input.ParameterVersion)
  const had = version.labels ?? []
  const asked = input.Labels ?? []
  version.labels = had.filter(label => !asked.includes(label))
  parameters.put(record.name, record)
  return {
    RemovedLabels: asked.filter(label => had.includes(label)),
    InvalidLabels: asked.filter(label => !had.includes(label)),
  }
}

function find(
  parameters: Collection<ParameterRecord>,
  name = '',
  number?: number,
): { record: ParameterRecord; version: ParameterVersion } {
  const record = parameters.get(name)
  if (!record) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`)
  const version =
    number === undefined ? record.versions.at(-1) : record.versions.find(one => one.version === number)
  if (!version)
    throw new AwsError(
      'ParameterVersionNotFound',
      `Systems Manager could not find version ${number} of ${name}.`,
    )
  return { record, version }
}
