import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  PutCompositeAlarmCommand,
  type PutCompositeAlarmInput,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch'
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSns } from '../sns/sns.ts'
import { createMonitoring } from './monitoring.ts'

let cloud: TestCloud
let client: CloudWatchClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSns, createMonitoring], speed: 1 })
  client = new CloudWatchClient(cloud.client)
})
afterAll(() => cloud.dispose())

const putAlarm = (AlarmName: string) =>
  client.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: 'Clarity/Test',
      MetricName: 'errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  )

test('a composite alarm follows its rule at once, and its actions reach a topic', async () => {
  const sns = new SNSClient(cloud.client)
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'pager' }))
  await putAlarm('errors')
  await putAlarm('deploying')
  const composite = (change: Partial<PutCompositeAlarmInput> = {}) =>
    client.send(
      new PutCompositeAlarmCommand({
        AlarmName: 'burning',
        AlarmRule: 'ALARM("errors") AND NOT (OK(deploying) OR FALSE)',
        AlarmActions: [TopicArn],
        ActionsSuppressor: 'deploying',
        ActionsSuppressorWaitPeriod: 0,
        ActionsSuppressorExtensionPeriod: 0,
        ...change,
      }),
    )
  await composite()
  const told = async () =>
    (
      await client.send(
        new DescribeAlarmsCommand({ AlarmNames: ['burning'], AlarmTypes: ['CompositeAlarm'] }),
      )
    ).CompositeAlarms?.[0]
  expect(await told()).toMatchObject({ StateValue: 'OK' })
  const set = (AlarmName: string, StateValue: StateValue) =>
    client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'test' }))
  await set('errors', 'ALARM')
  expect(await told()).toMatchObject({
    StateValue: 'ALARM',
    StateReason: expect.stringMatching(/:alarm:errors transitioned to ALARM at /),
  })
  const messages = async () => {
    const answer = await fetch(`${cloud.endpoint}/_sns/messages`)
    return ((await answer.json()) as { messages: { message: string; subject: string }[] }).messages
  }
  const [message] = await messages()
  expect(message?.subject).toBe('ALARM: "burning" in us-east-1')
  expect(JSON.parse(message?.message ?? '')).toMatchObject({
    AlarmName: 'burning',
    NewStateValue: 'ALARM',
    OldStateValue: 'OK',
  })
  await set('deploying', 'OK')
  expect((await told())?.StateValue).toBe('OK')
  await set('deploying', 'ALARM')
  expect((await told())?.StateValue).toBe('ALARM')
  expect(await messages()).toHaveLength(1)
  const { AlarmHistoryItems } = await client.send(
    new DescribeAlarmHistoryCommand({ AlarmName: 'burning', AlarmTypes: ['CompositeAlarm'] }),
  )
  const actions = AlarmHistoryItems?.filter(item => item.HistoryItemType === 'Action')
  expect(actions?.map(item => item.HistorySummary)).toEqual([
    `Action suppressed by the suppressor alarm: ${TopicArn}`,
    `Successfully executed action ${TopicArn}`,
  ])
  const children = await client.send(new DescribeAlarmsCommand({ ChildrenOfAlarmName: 'burning' }))
  expect(children.MetricAlarms?.map(alarm => alarm.AlarmName)).toEqual(['deploying', 'errors'])

  await expect(composite({ AlarmRule: 'ALARM(' })).rejects.toThrow('AlarmRule must not contain')
  await expect(composite({ AlarmRule: 'ALARM(nobody)' })).rejects.toThrow(
    '[nobody] in the alarm rule do not exist',
  )
  await composite({ AlarmName: 'above', AlarmRule: 'ALARM(burning)' })
  await expect(composite({ AlarmRule: 'ALARM(above)' })).rejects.toThrow('would form a cycle')
})
