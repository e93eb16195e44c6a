import type { Properties, Provider, ProviderContext } from './provider.ts'
import { type KeyValue, tagChanges } from './values.ts'

type AlarmProperties = Properties & { AlarmName?: string; Tags?: KeyValue[] }

/** What alarms of both kinds have; their actions reach topics. */
const COMMON = ['ActionsEnabled', 'AlarmActions', 'AlarmDescription', 'InsufficientDataActions', 'OKActions']

const metricAlarm = alarm('PutMetricAlarm', [
  'ComparisonOperator',
  'DatapointsToAlarm',
  'Dimensions',
  'EvaluationPeriods',
  'ExtendedStatistic',
  'MetricName',
  'Metrics',
  'Namespace',
  'Period',
  'Statistic',
  'Threshold',
  'TreatMissingData',
  'Unit',
])

const compositeAlarm = alarm('PutCompositeAlarm', [
  'ActionsSuppressor',
  'ActionsSuppressorExtensionPeriod',
  'ActionsSuppressorWaitPeriod',
  'AlarmRule',
])

function alarm(operation: string, settings: string[]): Provider<AlarmProperties> {
  return {
    replaceOn: ['AlarmName'],
    acts: [...settings, ...COMMON],
    nameProperty: 'AlarmName',
    taggable: true,
    create: async (properties, context) => {
      const name = properties.AlarmName ?? context.generatedName(255)
      await putAlarm(operation, name, properties, context)
      return name
    },
    update: async (name, properties, old, context) => {
      await putAlarm(operation, name, properties, context)
      const { set, remove } = tagChanges(properties.Tags, old.Tags)
      const ResourceARN = arnOf(name, context)
      if (set.length > 0) await context.call('monitoring', 'TagResource', { ResourceARN, Tags: set })
      if (remove.length > 0)
        await context.call('monitoring', 'UntagResource', { ResourceARN, TagKeys: remove })
    },
    delete: (name, _, context) =>
      context.call('monitoring', 'DeleteAlarms', { AlarmNames: [name] }).then(() => {}),
    attributes: (name, _, context) => ({ Arn: arnOf(name, context) }),
  }
}

/** The properties are those of the operation, which replaces all of an alarm but its tags. */
async function putAlarm(
  operation: string,
  AlarmName: string,
  properties: AlarmProperties,
  context: ProviderContext,
): Promise<void> {
  await context.call('monitoring', operation, { ...properties, AlarmName })
  context.made(AlarmName)
}

function arnOf(name: string, { region, accountId }: ProviderContext): string {
  return `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`
}

type DashboardProperties = { DashboardName?: string; DashboardBody?: string }

const dashboard: Provider<DashboardProperties> = {
  replaceOn: ['DashboardName'],
  acts: ['DashboardBody'],
  nameProperty: 'DashboardName',
  create: async (properties, context) => {
    const name = properties.DashboardName ?? context.generatedName(255)
    await context.call('monitoring', 'PutDashboard', { ...properties, DashboardName: name })
    return name
  },
  update: (DashboardName, { DashboardBody }, _, context) =>
    context.call('monitoring', 'PutDashboard', { DashboardName, DashboardBody }).then(() => {}),
  delete: (name, _, context) =>
    context.call('monitoring', 'DeleteDashboards', { DashboardNames: [name] }).then(() => {}),
}

export const CLOUDWATCH: Record<string, Provider> = {
  'AWS::CloudWatch::Alarm': metricAlarm,
  'AWS::CloudWatch::CompositeAlarm': compositeAlarm,
  'AWS::CloudWatch::Dashboard': dashboard,
}
