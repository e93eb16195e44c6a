import { CfnAlarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { ClarityStack } from '../clarity-stack.ts'
import type { AlarmDefinition, Metric } from './alarm-definition.ts'
import type { CompositeDefinition } from './error-budget.ts'

/** Makes an alarm of its definition, with its severity's topic as action and its runbook in the description. */
export function alarm(stack: ClarityStack, definition: AlarmDefinition): CfnAlarm {
  const { about, severity, means, metrics, expression, is, threshold, datapoints, of, missing } = definition
  const entries = Object.entries(metrics)
  const [[, single] = []] = entries
  const topic = severity === 'part' ? undefined : topicOf(stack, severity)
  return new CfnAlarm(stack, logicalId(about), {
    alarmName: stack.names.alarm(about),
    alarmDescription: describeAlarm(stack, definition.severity, means, about),
    comparisonOperator: is,
    threshold,
    evaluationPeriods: of,
    datapointsToAlarm: datapoints,
    treatMissingData: missing ?? 'notBreaching',
    ...(topic ? { alarmActions: [topic], okActions: [topic] } : { actionsEnabled: false }),
    ...(expression === undefined && single
      ? {
          namespace: single.namespace,
          metricName: single.name,
          dimensions: dimensionsOf(single),
          period: single.period,
          ...(single.stat.startsWith('p') ? { extendedStatistic: single.stat } : { statistic: single.stat }),
        }
      : {
          metrics: [
            ...entries.map(([id, metric]) => ({
              id,
              returnData: false,
              metricStat: {
                stat: metric.stat,
                period: metric.period,
                metric: {
                  namespace: metric.namespace,
                  metricName: metric.name,
                  dimensions: dimensionsOf(metric),
                },
              },
            })),
            { id: 'result', expression, label: about, returnData: true },
          ],
        }),
  })
}

/** Makes the parts and the alarm that rings while all of them do. */
export function compositeAlarm(
  stack: ClarityStack,
  { about, severity, means, parts }: CompositeDefinition,
): void {
  const topic = topicOf(stack, severity)
  const made = parts.map(part => alarm(stack, part))
  const composite = new CfnCompositeAlarm(stack, logicalId(about), {
    alarmName: stack.names.alarm(about),
    alarmDescription: describeAlarm(stack, severity, means, about),
    alarmRule: parts.map(part => `ALARM("${stack.names.alarm(part.about)}")`).join(' AND '),
    alarmActions: [topic],
    okActions: [topic],
  })
  for (const part of made) composite.node.addDependency(part)
}

/** Where alarms of a severity go, by name: the topics are this environment's own. */
export function topicOf(stack: ClarityStack, severity: 'page' | 'ticket'): string {
  return stack.arnOf('sns', severity === 'page' ? stack.names.pageTopic : stack.names.ticketTopic)
}

/** Severity, meaning and the runbook's address: what somebody reads who was just woken. */
function describeAlarm(stack: ClarityStack, severity: string, means: string, about: string): string {
  const { owner, name, branch } = stack.settings.repository
  // the parts of a composite share its runbook
  const runbook = about.replace(/-\d+m$/, '')
  return `[${severity}] ${means}. Runbook: https://github.com/${owner}/${name}/blob/${branch}/docs/runbooks/${runbook}.md`
}

function dimensionsOf({ dimensions }: Metric) {
  const entries = Object.entries(dimensions).map(([name, value]) => ({ name, value }))
  return entries.length > 0 ? entries : undefined
}

function logicalId(about: string): string {
  return `Alarm${about.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}`
}
