import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { expect, test } from 'vitest'
import { deploymentThat, newestDeployment, serviceOf, stable, startEcs } from './fixture.ts'
import { answerOf, createApi, deploy, release, startBalancer, startTraffic } from './load-balanced.ts'

/** A bake that outlasts the test. */
const watched = (rollback: boolean) => ({
  lifecycleHooks: [],
  bakeTimeInMinutes: 600,
  alarms: { enable: true, rollback, alarmNames: ['errors', 'old'] },
})

/** `api` in service as release `one`, and two alarms: `errors` is quiet, `old` has gone off long ago. */
async function inService() {
  const { cloud, ecs } = await startEcs()
  const cloudwatch = new CloudWatchClient(cloud.client)
  const ring = (AlarmName: string) =>
    cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'a drill' }))
  for (const AlarmName of ['errors', 'old'])
    await cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace: 'Clarity/Backend',
        MetricName: 'server_errors',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        // without data it stays as it was set
        TreatMissingData: 'ignore',
      }),
    )
  await ring('old')
  const balancer = await startBalancer(cloud)
  await createApi(ecs, balancer, await release(ecs, 'one'), { lifecycleHooks: [] })
  await stable(ecs, 'api')
  return { ecs, balancer, ring }
}

test('an alarm that goes off during the bake rolls the deployment back, without losing a request', async () => {
  const { ecs, balancer, ring } = await inService()
  const traffic = startTraffic(balancer.productionUrl)
  await deploy(ecs, await release(ecs, 'two'), watched(true))
  await deploymentThat(ecs, 'api', d => d.lifecycleStage === 'BAKE_TIME')
  expect(await answerOf(balancer.productionUrl)).toBe('two')
  // `old` rang before the deployment began, which AWS leaves out
  expect(await newestDeployment(ecs, 'api')).toMatchObject({
    alarms: { status: 'MONITORING', alarmNames: ['errors', 'old'], triggeredAlarmNames: [] },
  })

  await ring('errors')
  const ended = await deploymentThat(ecs, 'api', d => d.status === 'ROLLBACK_SUCCESSFUL')
  expect(ended).toMatchObject({
    statusReason: expect.stringContaining('alarm'),
    alarms: { status: 'TRIGGERED', triggeredAlarmNames: ['errors'] },
    rollback: { reason: expect.stringContaining('errors') },
  })
  expect(await answerOf(balancer.productionUrl)).toBe('one')
  const { lost } = await traffic.stop()
  expect(lost).toEqual([])
  expect((await serviceOf(ecs, 'api')).runningCount).toBe(2)
})

test('an alarm without rollback stops the deployment', async () => {
  const { ecs, ring } = await inService()
  await deploy(ecs, await release(ecs, 'two'), watched(false))
  await deploymentThat(ecs, 'api', d => d.lifecycleStage === 'BAKE_TIME')
  await ring('errors')
  const ended = await deploymentThat(ecs, 'api', d => d.status === 'STOPPED')
  expect(ended).toMatchObject({ alarms: { triggeredAlarmNames: ['errors'] } })
})
