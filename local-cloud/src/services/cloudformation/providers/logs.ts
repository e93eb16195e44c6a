import type { Provider, ProviderContext } from './provider.ts'
import {
  defined,
  type KeyValue,
  lowerCamel,
  optionalNumber,
  policyText,
  tagChanges,
  tagMap,
} from './values.ts'

type GroupProperties = {
  LogGroupName?: string
  LogGroupClass?: string
  KmsKeyId?: string
  RetentionInDays?: unknown
  Tags?: KeyValue[]
}

const logGroup: Provider<GroupProperties> = {
  replaceOn: ['LogGroupName', 'LogGroupClass'],
  acts: ['KmsKeyId', 'RetentionInDays'],
  nameProperty: 'LogGroupName',
  taggable: true,
  create: async (properties, context) => {
    const logGroupName = properties.LogGroupName ?? context.generatedName(512)
    const { KmsKeyId, LogGroupClass, Tags } = properties
    await context.call('logs', 'CreateLogGroup', {
      logGroupName,
      ...defined({ kmsKeyId: KmsKeyId, logGroupClass: LogGroupClass, tags: Tags && tagMap(Tags) }),
    })
    context.made(logGroupName)
    await setRetention(logGroupName, properties, {}, context)
    return logGroupName
  },
  update: async (logGroupName, properties, old, context) => {
    await setRetention(logGroupName, properties, old, context)
    const { KmsKeyId: kmsKeyId } = properties
    if (kmsKeyId !== old.KmsKeyId && kmsKeyId)
      await context.setting('logs', 'AssociateKmsKey', { logGroupName, kmsKeyId })
    if (!kmsKeyId && old.KmsKeyId) await context.setting('logs', 'DisassociateKmsKey', { logGroupName })
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    const resourceArn = `arn:aws:logs:${context.region}:${context.accountId}:log-group:${logGroupName}`
    if (set.length > 0) await context.call('logs', 'TagResource', { resourceArn, tags: tagMap(set) })
    if (remove.length > 0) await context.call('logs', 'UntagResource', { resourceArn, tagKeys: remove })
  },
  delete: (logGroupName, _, context) =>
    context.call('logs', 'DeleteLogGroup', { logGroupName }).then(() => {}),
  attributes: (name, _, { region, accountId }) => ({
    Arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*`,
  }),
}

async function setRetention(
  logGroupName: string,
  now: GroupProperties,
  old: GroupProperties,
  context: ProviderContext,
): Promise<void> {
  const retentionInDays = optionalNumber(now.RetentionInDays)
  if (retentionInDays !== undefined && retentionInDays !== optionalNumber(old.RetentionInDays))
    await context.call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays })
  if (retentionInDays === undefined && old.RetentionInDays !== undefined)
    await context.call('logs', 'DeleteRetentionPolicy', { logGroupName })
}

type FilterProperties = {
  FilterName?: string
  LogGroupName?: string
  FilterPattern?: string
  MetricTransformations?: Record<string, unknown>[]
}

const metricFilter: Provider<FilterProperties> = {
  replaceOn: ['FilterName', 'LogGroupName'],
  acts: ['FilterPattern', 'MetricTransformations'],
  create: async (properties, context) => {
    const name = properties.FilterName ?? context.generatedName(512)
    await putFilter(name, properties, context)
    return name
  },
  update: (name, properties, _, context) => putFilter(name, properties, context),
  delete: (filterName, { LogGroupName }, context) =>
    context.call('logs', 'DeleteMetricFilter', { filterName, logGroupName: LogGroupName }).then(() => {}),
}

async function putFilter(
  filterName: string,
  properties: FilterProperties,
  context: ProviderContext,
): Promise<void> {
  const transformations = (properties.MetricTransformations ?? []).map(
    ({ Dimensions, DefaultValue, ...rest }) => ({
      ...(lowerCamel(rest) as object),
      ...defined({
        defaultValue: optionalNumber(DefaultValue),
        dimensions:
          Dimensions && Object.fromEntries((Dimensions as KeyValue[]).map(({ Key, Value }) => [Key, Value])),
      }),
    }),
  )
  await context.call('logs', 'PutMetricFilter', {
    filterName,
    logGroupName: properties.LogGroupName,
    filterPattern: properties.FilterPattern ?? '',
    metricTransformations: transformations,
  })
}

const logStream: Provider<{ LogGroupName?: string; LogStreamName?: string }> = {
  replaceOn: ['LogGroupName', 'LogStreamName'],
  nameProperty: 'LogStreamName',
  create: async ({ LogGroupName: logGroupName, LogStreamName }, context) => {
    const logStreamName = LogStreamName ?? context.generatedName(512)
    await context.call('logs', 'CreateLogStream', { logGroupName, logStreamName })
    return logStreamName
  },
  delete: (logStreamName, { LogGroupName: logGroupName }, context) =>
    context.call('logs', 'DeleteLogStream', { logGroupName, logStreamName }).then(() => {}),
}

type ResourcePolicyProperties = { PolicyName?: string; PolicyDocument?: unknown }

/** Kept and answered by its service; who may write to a group is not decided by it here. */
const resourcePolicy: Provider<ResourcePolicyProperties> = {
  recorded: true,
  replaceOn: ['PolicyName'],
  nameProperty: 'PolicyName',
  create: async (properties, context) => {
    const name = properties.PolicyName ?? context.generatedName(255)
    await putResourcePolicy(name, properties, context)
    return name
  },
  update: (name, properties, _, context) => putResourcePolicy(name, properties, context),
  delete: (policyName, _, context) =>
    context.call('logs', 'DeleteResourcePolicy', { policyName }).then(() => {}),
}

async function putResourcePolicy(
  policyName: string,
  { PolicyDocument }: ResourcePolicyProperties,
  context: ProviderContext,
): Promise<void> {
  await context.call('logs', 'PutResourcePolicy', { policyName, policyDocument: policyText(PolicyDocument) })
}

export const LOGS: Record<string, Provider> = {
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::LogStream': logStream,
  'AWS::Logs::MetricFilter': metricFilter,
  'AWS::Logs::ResourcePolicy': resourcePolicy,
}
