import { AwsError } from '../../../core/aws-error.ts'
import type { Properties } from '../providers/provider.ts'
import { tagsOf } from './data-readers.ts'
import type { Reader } from './reader.ts'

const alarm: Reader = async (name, _, { call }) => {
  const answer = await call<Record<string, Properties[]>>('monitoring', 'DescribeAlarms', {
    AlarmNames: [name],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  })
  const found = answer.MetricAlarms?.[0] ?? answer.CompositeAlarms?.[0]
  if (!found) throw gone(`alarm ${name}`)
  const Tags = await tagsOf('monitoring', 'ListTagsForResource', { ResourceARN: found.AlarmArn }, call)
  return { ...found, Tags }
}

const dashboard: Reader = async (DashboardName, _, { call }) => {
  const { DashboardBody } = await call('monitoring', 'GetDashboard', { DashboardName })
  return { DashboardName, DashboardBody }
}

const logGroup: Reader = async (name, _, { call }) => {
  const { logGroups } = await call<{ logGroups: Properties[] }>('logs', 'DescribeLogGroups', {
    logGroupNamePrefix: name,
  })
  const found = logGroups.find(group => group.logGroupName === name)
  if (!found) throw gone(`log group ${name}`)
  return {
    LogGroupName: name,
    RetentionInDays: found.retentionInDays,
    KmsKeyId: found.kmsKeyId,
    LogGroupClass: found.logGroupClass,
  }
}

const metricFilter: Reader = async (filterName, { LogGroupName }, { call }) => {
  const { metricFilters } = await call<{ metricFilters: Properties[] }>('logs', 'DescribeMetricFilters', {
    logGroupName: LogGroupName,
    filterNamePrefix: filterName,
  })
  const found = metricFilters.find(filter => filter.filterName === filterName)
  if (!found) throw gone(`metric filter ${filterName}`)
  return { FilterPattern: found.filterPattern }
}

const parameter: Reader = async (Name, _, { call }) => {
  const { Parameter } = await call<{ Parameter: Properties }>('ssm', 'GetParameter', { Name })
  return { Name, Type: Parameter.Type, Value: Parameter.Value }
}

const budget: Reader = async (BudgetName, expected, { accountId, call }) => {
  const { Budget } = await call<{ Budget: Properties }>('budgets', 'DescribeBudget', {
    AccountId: accountId,
    BudgetName,
  })
  const wanted = (expected.Budget ?? {}) as Properties
  const limit = (wanted.BudgetLimit ?? {}) as Properties
  const actual = Budget.BudgetLimit as Properties | undefined
  // Amounts are text in the API: the same amount is told as the template has it.
  const equal = Number(actual?.Amount) === Number(limit.Amount) && actual?.Unit === limit.Unit
  return { Budget: { ...Budget, BudgetLimit: equal ? limit : actual } }
}

function gone(what: string): AwsError {
  return new AwsError('ResourceNotFound', `${what} does not exist`)
}

/** What watches the system. */
export const WATCHING_READERS: Record<string, Reader> = {
  'AWS::Budgets::Budget': budget,
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::CloudWatch::CompositeAlarm': alarm,
  'AWS::CloudWatch::Dashboard': dashboard,
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::MetricFilter': metricFilter,
  'AWS::SSM::Parameter': parameter,
}
