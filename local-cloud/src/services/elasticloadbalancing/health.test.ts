import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { createGroup, freePort, healthOf, register, standUp, startTarget, until } from './fixture.ts'
import { matches } from './health-check.ts'

/** A target whose `/health` answers what `status` says; undefined: nothing. */
async function ailing(status: { now: number | undefined }) {
  const target = await startTarget(() => {})
  target.server.removeAllListeners('request')
  target.server.on('request', (_, response) => {
    if (status.now === undefined) return
    response.statusCode = status.now
    response.end()
  })
  return target
}

test('is healthy after one pass, unhealthy by threshold with the reason of AWS, and healthy by threshold again', async () => {
  const { cloud, elb, blue } = await standUp()
  const status: { now: number | undefined } = { now: 200 }
  await register(elb, blue, [await ailing(status)])
  expect(await healthOf(elb, blue)).toEqual({ State: 'healthy' })
  status.now = 500
  const unhealthy = await until(async () => {
    cloud.clock.advance(5000)
    const health = await healthOf(elb, blue)
    // on a busy machine the clock passes a check's time limit before its answer is there
    return health?.Reason === 'Target.ResponseCodeMismatch' && health
  })
  expect(unhealthy).toEqual({
    State: 'unhealthy',
    Reason: 'Target.ResponseCodeMismatch',
    Description: 'Health checks failed with these codes: [500]',
  })
  status.now = undefined
  await until(async () => {
    cloud.clock.advance(5000)
    return (await healthOf(elb, blue))?.Reason === 'Target.Timeout'
  })
  expect((await healthOf(elb, blue))?.Description).toBe('Request timed out')
  status.now = 200
  await until(async () => {
    cloud.clock.advance(5000)
    return (await healthOf(elb, blue))?.State === 'healthy'
  })
})

test('says why a target that never answered is not healthy', async () => {
  const { cloud, elb, blue } = await standUp()
  const port = await freePort()
  await register(elb, blue, [{ port }], 'initial')
  await until(async () => (await healthOf(elb, blue))?.Reason === 'Elb.InitialHealthChecking')
  const health = await until(async () => {
    cloud.clock.advance(2500)
    const now = await healthOf(elb, blue)
    return now?.State === 'unhealthy' && now
  })
  expect(health).toEqual({
    State: 'unhealthy',
    Reason: 'Target.FailedHealthChecks',
    Description: 'Health checks failed',
  })
})

test('finds a process that starts after its registration within a second', async () => {
  const { elb, blue } = await standUp()
  const port = await freePort()
  await elb.send(
    new RegisterTargetsCommand({ TargetGroupArn: blue, Targets: [{ Id: '127.0.0.1', Port: port }] }),
  )
  await until(async () => (await healthOf(elb, blue))?.Reason === 'Elb.InitialHealthChecking')
  await startTarget((_, response) => response.end(), port)
  const startedAt = Date.now()
  await until(async () => (await healthOf(elb, blue))?.State === 'healthy')
  expect(Date.now() - startedAt).toBeLessThan(1000)
})

test('does not check a group that no rule uses', async () => {
  const { elb } = await standUp()
  const lonely = await createGroup(elb, 'lonely')
  await register(elb, lonely, [{ port: 9 }], 'unused')
  expect(await healthOf(elb, lonely)).toEqual({
    State: 'unused',
    Reason: 'Target.NotInUse',
    Description: 'Target group is not configured to receive traffic from the load balancer',
  })
  await elb.send(
    new DeregisterTargetsCommand({ TargetGroupArn: lonely, Targets: [{ Id: '127.0.0.1', Port: 9 }] }),
  )
  const { TargetHealthDescriptions } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: lonely, Targets: [{ Id: '127.0.0.1', Port: 9 }] }),
  )
  expect(TargetHealthDescriptions?.[0]?.TargetHealth).toEqual({
    State: 'unused',
    Reason: 'Target.NotRegistered',
    Description: 'Target is not registered to the target group',
  })
})

test('reads matchers as AWS does', () => {
  expect([200, 204, 250, 404].map(status => matches('200-204,404', status))).toEqual([
    true,
    true,
    false,
    true,
  ])
})
