import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch'
import {
  DeregisterTargetsCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import type { CreateService } from '../../core/service.ts'
import { createElasticLoadBalancing } from './elasticloadbalancing.ts'
import { healthOf, named, register, standUp, startTarget, until, weighted } from './fixture.ts'

test('splits by weight, exactly', async () => {
  const { elb, blue, green, url } = await standUp({ weights: [90, 10] })
  await register(elb, blue, [await startTarget(named('blue'))])
  await register(elb, green, [await startTarget(named('green'))])
  const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(url).then(r => r.text())))
  expect(answers.filter(answer => answer === 'green')).toHaveLength(10)
})

test('flips and drains under concurrent load without losing a request', async () => {
  const { elb, blue, green, url, ruleArn } = await standUp()
  const slow = (name: string) =>
    startTarget((request, response) => {
      request.resume()
      setTimeout(() => response.end(name), 2)
    })
  const old = [await slow('blue'), await slow('blue')]
  await register(elb, blue, old)
  await register(elb, green, [await slow('green'), await slow('green')])
  let running = true
  let flippedAt = 0
  const lost: string[] = []
  const late: string[] = []
  let served = 0
  const client = async (method: string) => {
    while (running) {
      const startedAt = performance.now()
      const answer = await fetch(url, { method, ...(method === 'POST' && { body: 'sample' }) }).catch(String)
      if (typeof answer === 'string') lost.push(answer)
      else {
        const name = await answer.text()
        served++
        if (answer.status !== 200) lost.push(`${answer.status}`)
        if (flippedAt && startedAt > flippedAt && name !== 'green') late.push(name)
      }
    }
  }
  const clients = [
    ...Array.from({ length: 8 }, () => client('GET')),
    ...Array.from({ length: 8 }, () => client('POST')),
  ]
  await until(() => served > 200)
  await elb.send(new ModifyRuleCommand({ RuleArn: ruleArn, Actions: weighted([blue, 0], [green, 100]) }))
  flippedAt = performance.now()
  await elb.send(
    new DeregisterTargetsCommand({
      TargetGroupArn: blue,
      Targets: old.map(({ port }) => ({ Id: '127.0.0.1', Port: port })),
    }),
  )
  await until(async () => (await healthOf(elb, blue)) === undefined)
  for (const { server } of old) {
    server.close()
    server.closeIdleConnections()
  }
  const before = served
  await until(() => served > before + 300)
  running = false
  await Promise.all(clients)
  expect({ lost, late }).toEqual({ lost: [], late: [] })
})

test('lets a deregistered target finish, sends it nothing new, and closes what outlasts the delay', async () => {
  const { cloud, elb, blue, url } = await standUp()
  const held: (() => void)[] = []
  const holding = await startTarget((_, response) => held.push(() => response.end('old')))
  const other = await startTarget(named('new'))
  await register(elb, blue, [holding])
  const patient = fetch(url).then(r => r.text())
  const endless = fetch(url)
  await until(() => held.length === 2)
  await register(elb, blue, [other])
  await elb.send(
    new DeregisterTargetsCommand({
      TargetGroupArn: blue,
      Targets: [{ Id: '127.0.0.1', Port: holding.port }],
    }),
  )
  expect(await healthOf(elb, blue, holding.port)).toEqual({
    State: 'draining',
    Reason: 'Target.DeregistrationInProgress',
    Description: 'Target deregistration is in progress',
  })
  expect(await Promise.all([1, 2, 3].map(() => fetch(url).then(r => r.text())))).toEqual([
    'new',
    'new',
    'new',
  ])
  held[0]?.()
  expect(await patient).toBe('old')
  expect((await healthOf(elb, blue, holding.port))?.State).toBe('draining')
  cloud.clock.advance(5000)
  expect((await endless).status).toBe(502)
  expect(await healthOf(elb, blue, holding.port)).toBeUndefined()
})

test('answers 503 without targets and 502 when the target breaks', async () => {
  const { elb, blue, url } = await standUp()
  const none = await fetch(url)
  expect([none.status, none.headers.get('server')]).toEqual([503, 'awselb/2.0'])
  expect(await none.text()).toContain('<center><h1>503 Service Temporarily Unavailable</h1></center>')
  await register(elb, blue, [await startTarget(request => request.socket.destroy())])
  expect((await fetch(url)).status).toBe(502)
})

test('answers 504 when the target is silent for the idle timeout', async () => {
  const { cloud, elb, blue, url, loadBalancerArn } = await standUp()
  await elb.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerArn: loadBalancerArn,
      Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '20' }],
    }),
  )
  const target = await startTarget(() => {})
  await register(elb, blue, [target])
  const answer = fetch(url)
  await until(() => target.requests === 1)
  cloud.clock.advance(20_000)
  expect((await answer).status).toBe(504)
})

test('passes a refused connection on to a healthy target of the group', async () => {
  const { elb, blue, url } = await standUp()
  const dead = await startTarget(named('dead'))
  await register(elb, blue, [dead, await startTarget(named('alive'))])
  dead.server.closeAllConnections()
  await new Promise(resolve => dead.server.close(resolve))
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => fetch(url, { method: 'POST', body: 'x' }).then(r => r.text())),
  )
  expect(new Set(answers)).toEqual(new Set(['alive']))
})

test('never loses a request to a kept connection that the target has closed', async () => {
  const { elb, blue, url } = await standUp()
  const target = await startTarget(named('served'))
  await register(elb, blue, [target])
  const statuses: number[] = []
  for (let i = 0; i < 100; i++) {
    const answer = await fetch(url, i % 2 ? { method: 'POST', body: 'x' } : {})
    await answer.arrayBuffer()
    statuses.push(answer.status)
    target.server.closeIdleConnections()
  }
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(target.requests).toBe(100)
})

test('repeats on a closed connection only what may be repeated', async () => {
  const { elb, blue, url } = await standUp()
  const target = await startTarget(named('served'))
  await register(elb, blue, [target])
  const seen = new WeakSet<object>()
  target.server.prependListener('request', ({ socket }) => {
    if (seen.has(socket)) socket.destroy()
    seen.add(socket)
  })
  const ask = async (init?: RequestInit) => {
    const answer = await fetch(url, init)
    await answer.arrayBuffer()
    return answer.status
  }
  expect([await ask(), await ask()]).toEqual([200, 200])
  expect([await ask(), await ask({ method: 'POST', body: 'x' })]).toEqual([200, 502])
})

test('publishes what happened each minute under the names of CloudWatch', async () => {
  const published: PutMetricDataCommandInput[] = []
  const monitoring: CreateService = () => ({
    name: 'monitoring',
    protocol: 'json',
    jsonVersion: '1.0',
    targetPrefix: 'GraniteServiceVersion20100801',
    operations: { PutMetricData: input => void published.push(input) },
  })
  const { cloud, elb, blue, url, loadBalancerArn } = await standUp({
    cloud: { services: [createElasticLoadBalancing, monitoring] },
  })
  await register(elb, blue, [await startTarget((_, response) => response.writeHead(500).end())])
  await Promise.all([1, 2, 3].map(() => fetch(url).then(r => r.text())))
  cloud.clock.advance(60_000)
  const data = (await until(() => published[0]))?.MetricData ?? []
  const value = (name: string, dimensions: number) =>
    data.find(one => one.MetricName === name && one.Dimensions?.length === dimensions)?.Value
  expect(published[0]?.Namespace).toBe('AWS/ApplicationELB')
  expect([value('RequestCount', 1), value('HTTPCode_Target_5XX_Count', 2)]).toEqual([3, 3])
  const times = data.find(one => one.MetricName === 'TargetResponseTime')
  expect(times?.Counts?.reduce((sum, count) => sum + count, 0)).toBe(3)
  expect(value('RequestCountPerTarget', 2)).toBe(3)
  expect(data[0]?.Dimensions).toEqual([
    { Name: 'LoadBalancer', Value: loadBalancerArn.split(':loadbalancer/')[1] },
  ])
})

test('fails open to unhealthy targets', async () => {
  const { cloud, elb, blue, url } = await standUp()
  let status = 200
  const target = await startTarget(named('anyway'))
  target.server.removeAllListeners('request')
  target.server.on('request', (request, response) => {
    response.statusCode = request.url === '/health' ? status : 200
    response.end('anyway')
  })
  await register(elb, blue, [target])
  status = 500
  await until(async () => {
    cloud.clock.advance(5000)
    return (await healthOf(elb, blue))?.State === 'unhealthy'
  })
  expect(await (await fetch(url)).text()).toBe('anyway')
})
