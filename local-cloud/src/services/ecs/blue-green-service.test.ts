import {
  ContinueServiceDeploymentCommand,
  DescribeServiceRevisionsCommand,
  type ECSClient,
  StopServiceDeploymentCommand,
} from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import {
  deploymentThat,
  newestDeployment,
  serviceOf,
  stable,
  startEcs,
  tasksOfService,
  until,
} from './fixture.ts'
import { answerOf, createApi, deploy, release, startBalancer, startTraffic } from './load-balanced.ts'

const isPaused = (d: { lifecycleHookDetails?: { status?: string }[] }) =>
  d.lifecycleHookDetails?.some(hook => hook.status === 'AWAITING_ACTION')

async function answerPause(ecs: ECSClient, action: 'CONTINUE' | 'ROLLBACK') {
  const paused = await deploymentThat(ecs, 'api', isPaused)
  const hookId = paused.lifecycleHookDetails?.find(hook => hook.status === 'AWAITING_ACTION')?.hookId
  await ecs.send(
    new ContinueServiceDeploymentCommand({
      serviceDeploymentArn: paused.serviceDeploymentArn,
      hookId,
      action,
    }),
  )
  return paused
}

/** A cloud with `api` in service as release `one`, in the blue group. */
async function inService() {
  const { cloud, ecs } = await startEcs()
  const balancer = await startBalancer(cloud)
  await createApi(ecs, balancer, await release(ecs, 'one'))
  await answerPause(ecs, 'CONTINUE')
  await stable(ecs, 'api')
  return { cloud, ecs, balancer }
}

test('the first deployment passes the stages without a source', async () => {
  const { cloud, ecs } = await startEcs()
  const balancer = await startBalancer(cloud)
  await createApi(ecs, balancer, await release(ecs, 'one'))
  const paused = await deploymentThat(ecs, 'api', isPaused)
  expect(paused).toMatchObject({
    status: 'IN_PROGRESS',
    lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
    sourceServiceRevisions: [],
    targetServiceRevision: { requestedTaskCount: 2, runningTaskCount: 2, requestedTestTrafficWeight: 100 },
    lifecycleHookDetails: [
      { targetType: 'PAUSE', timeoutAction: 'ROLLBACK', hookId: expect.stringMatching(/^ecs-pause-/) },
    ],
  })
  await answerPause(ecs, 'CONTINUE')
  const service = await stable(ecs, 'api')
  expect(await newestDeployment(ecs, 'api')).toMatchObject({
    status: 'SUCCESSFUL',
    finishedAt: expect.any(Date),
  })
  expect(service.events?.map(event => event.message)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^\(service api\) has started 2 tasks: \(task \w+\) \(task \w+\)\.$/),
      expect.stringMatching(/^\(service api\) \(deployment ecs-svc\/\d{19}\) deployment completed\.$/),
    ]),
  )
  expect(await answerOf(balancer.productionUrl)).toBe('one')
})

test('shifts, bakes and cleans up without losing a request, and the live group alternates', async () => {
  const { ecs, balancer } = await inService()
  const traffic = startTraffic(balancer.productionUrl)
  for (const [name, weights] of [
    ['two', [0, 100]],
    ['three', [100, 0]],
  ] as const) {
    await deploy(ecs, await release(ecs, name))
    await deploymentThat(ecs, 'api', isPaused)
    expect(await answerOf(balancer.testUrl)).toBe(name)
    expect(await answerOf(balancer.productionUrl)).not.toBe(name)
    await answerPause(ecs, 'CONTINUE')
    await deploymentThat(ecs, 'api', d => d.status === 'SUCCESSFUL')
    expect(await balancer.weights(balancer.productionRule)).toEqual(weights)
    expect(await balancer.weights(balancer.testRule)).toEqual(weights)
  }
  const { answers, lost } = await traffic.stop()
  expect(lost).toEqual([])
  expect([...answers.keys()]).toEqual(['one', 'two', 'three'])
  const { targetServiceRevision } = await newestDeployment(ecs, 'api')
  const { serviceRevisions } = await ecs.send(
    new DescribeServiceRevisionsCommand({ serviceRevisionArns: [targetServiceRevision?.arn ?? ''] }),
  )
  expect(serviceRevisions?.[0]).toMatchObject({
    containerImages: [{ containerName: 'web', imageDigest: expect.stringMatching(/^sha256:/) }],
    resolvedConfiguration: {
      loadBalancers: [{ targetGroupArn: balancer.blue, productionListenerRule: balancer.productionRule }],
    },
  })
})

test('a pause that is answered with ROLLBACK leaves blue as it was', async () => {
  const { ecs, balancer } = await inService()
  const traffic = startTraffic(balancer.productionUrl)
  await deploy(ecs, await release(ecs, 'two'))
  const { serviceDeploymentArn } = await answerPause(ecs, 'ROLLBACK')
  const ended = await deploymentThat(ecs, 'api', d => d.status === 'ROLLBACK_SUCCESSFUL')
  expect(ended.serviceDeploymentArn).toBe(serviceDeploymentArn)
  expect(ended).toMatchObject({ rollback: { serviceRevisionArn: ended.sourceServiceRevisions?.[0]?.arn } })
  expect(await balancer.weights(balancer.testRule)).toEqual([100, 0])
  const { lost, answers } = await traffic.stop()
  expect(lost).toEqual([])
  expect([...answers.keys()]).toEqual(['one'])
  const service = await stable(ecs, 'api')
  expect(service.taskDefinition).toMatch(/:1$/)
})

test('StopServiceDeployment in bake gives production back before green goes', async () => {
  const { ecs, balancer } = await inService()
  const traffic = startTraffic(balancer.productionUrl)
  await deploy(ecs, await release(ecs, 'two'), { bakeTimeInMinutes: 600 })
  await answerPause(ecs, 'CONTINUE')
  const { serviceDeploymentArn } = await deploymentThat(ecs, 'api', d => d.lifecycleStage === 'BAKE_TIME')
  expect((await serviceOf(ecs, 'api')).deployments).toHaveLength(2)
  const asked = Date.now()
  await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: 'ROLLBACK' }))
  expect((await newestDeployment(ecs, 'api')).status).toMatch(/^ROLLBACK_/)
  await deploymentThat(ecs, 'api', d => d.targetServiceRevision?.requestedProductionTrafficWeight === 0)
  expect(await balancer.weights(balancer.productionRule)).toEqual([100, 0])
  expect(Date.now() - asked).toBeLessThan(2000)
  await deploymentThat(ecs, 'api', d => d.status === 'ROLLBACK_SUCCESSFUL')
  const { lost, answers } = await traffic.stop()
  expect(lost).toEqual([])
  expect([...answers.keys()]).toEqual(['one', 'two'])
  expect((await tasksOfService(ecs, 'api')).length).toBe(2)
  await expect(ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn }))).rejects.toMatchObject({
    name: 'ConflictException',
  })
})

test('a canary serves its share, then all', async () => {
  const { ecs, balancer } = await inService()
  await deploy(ecs, await release(ecs, 'two'), {
    strategy: 'CANARY',
    lifecycleHooks: [],
    canaryConfiguration: { canaryPercent: 20, canaryBakeTimeInMinutes: 5 },
  })
  await deploymentThat(ecs, 'api', d => d.targetServiceRevision?.requestedProductionTrafficWeight === 20)
  await deploymentThat(ecs, 'api', d => d.status === 'SUCCESSFUL')
  expect(await balancer.weights(balancer.productionRule)).toEqual([0, 100])
})

test('a newer deployment takes the place of one under way', async () => {
  const { ecs, balancer } = await inService()
  const traffic = startTraffic(balancer.productionUrl)
  await deploy(ecs, await release(ecs, 'two'))
  const first = await deploymentThat(ecs, 'api', isPaused)
  await deploy(ecs, await release(ecs, 'three'))
  await answerPause(ecs, 'CONTINUE')
  const second = await deploymentThat(ecs, 'api', d => d.status === 'SUCCESSFUL')
  expect(second.serviceDeploymentArn).not.toBe(first.serviceDeploymentArn)
  expect(second.sourceServiceRevisions?.map(r => r.arn)).toEqual([
    first.sourceServiceRevisions?.[0]?.arn,
    first.targetServiceRevision?.arn,
  ])
  const { lost, answers } = await traffic.stop()
  expect(lost).toEqual([])
  expect([...answers.keys()]).toEqual(['one', 'three'])
})

test('an unhealthy green never takes traffic and says why', async () => {
  const { ecs, balancer } = await inService()
  await deploy(ecs, await release(ecs, 'two', { UNHEALTHY: 'yes' }))
  const event = await unhealthyEvent(ecs)
  expect(await answerOf(balancer.productionUrl)).toBe('one')
  const deployment = await newestDeployment(ecs, 'api')
  expect(deployment.lifecycleStage).toBe('SCALE_UP')
  expect(event).toMatch(
    /^\(service api\) \(task \w+\) \(port 8000\) is unhealthy in \(target-group arn:.*\) due to \(reason Health checks failed with these codes: \[500\]\)\.$/,
  )
  await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: deployment.serviceDeploymentArn }))
  await deploymentThat(ecs, 'api', d => d.status === 'ROLLBACK_SUCCESSFUL')
})

/** The event that says why a target is unhealthy. */
function unhealthyEvent(ecs: ECSClient): Promise<string> {
  return until(async () => {
    const { events = [] } = await serviceOf(ecs, 'api')
    return events.find(event => event.message?.includes('is unhealthy in'))?.message
  }, 25_000)
}

test('refuses at once, in the words of AWS, what cannot be shifted', async () => {
  const { cloud, ecs } = await startEcs()
  const balancer = await startBalancer(cloud)
  const definition = await release(ecs, 'one')
  const wrong = (change: object, message: string | RegExp) =>
    expect(createApi(ecs, { ...balancer, ...change }, definition)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringMatching(message),
    })
  const listener = balancer.productionRule.replace('listener-rule', 'listener').replace(/\/[^/]+$/, '')
  await wrong(
    { productionRule: listener },
    'productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB',
  )
  await wrong(
    { testRule: balancer.productionRule },
    'The following rules cannot be used as both production and test listener rules',
  )
  await wrong({ green: balancer.blue }, 'Duplicate targetGroupArn found')
  await expect(createApi(ecs, balancer, definition, { bakeTimeInMinutes: undefined })).rejects.toThrow(
    'bakeTimeInMinutes',
  )
  await expect(
    createApi(ecs, balancer, definition, {
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['TEST_TRAFFIC_SHIFT'] }],
    }),
  ).rejects.toThrow('Invalid lifecycle stage provided for Pause Hook')
})
