import { createServer } from 'node:http'
import { get } from 'node:https'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import {
  type Action,
  CreateRuleCommand,
  DeleteListenerCommand,
  DescribeListenersCommand,
  ModifyListenerCommand,
  type RuleCondition,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { startTestCloud } from '../../testing.ts'
import { createElasticLoadBalancing } from './elasticloadbalancing.ts'
import {
  afterThisTest,
  createListener,
  freePort,
  named,
  register,
  standUp,
  startTarget,
  until,
} from './fixture.ts'

test('names who holds a port that is taken', async () => {
  const { elb, loadBalancerArn } = await standUp()
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  afterThisTest(() => other.close())
  const { port } = other.address() as { port: number }
  await expect(createListener(elb, loadBalancerArn, port)).rejects.toMatchObject({
    name: 'InvalidConfigurationRequestException',
    message: expect.stringMatching(new RegExp(`port ${port} on 127.0.0.1 is taken by this local cloud`)),
  })
  const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: loadBalancerArn }))
  expect(Listeners).toHaveLength(1)
})

test('routes by priority and condition, redirects and answers itself', async () => {
  const { elb, listenerArn, blue, port, url } = await standUp()
  await register(elb, blue, [await startTarget(named('blue'))])
  const fixed = (MessageBody: string) => [
    {
      Type: 'fixed-response' as const,
      FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody },
    },
  ]
  const rule = async (Priority: number, condition: RuleCondition, Actions: Action[]) => {
    const { Rules } = await elb.send(
      new CreateRuleCommand({
        ListenerArn: listenerArn,
        Priority,
        Conditions: [condition],
        Actions,
      }),
    )
    return Rules?.[0]?.RuleArn as string
  }
  await rule(
    1,
    { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Clarity-Test', Values: ['yes*'] } },
    fixed('header'),
  )
  await rule(
    2,
    { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'v', Value: '2?' }] } },
    fixed('query'),
  )
  await rule(
    3,
    { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['DELETE'] } },
    fixed('method'),
  )
  await rule(4, { Field: 'host-header', HostHeaderConfig: { Values: ['*.Example.com'] } }, fixed('host'))
  const last = await rule(
    20,
    { Field: 'source-ip', SourceIpConfig: { Values: ['127.0.0.0/8'] } },
    fixed('address'),
  )
  await rule(5, { Field: 'path-pattern', Values: ['/old/*'] }, [
    {
      Type: 'redirect',
      RedirectConfig: { StatusCode: 'HTTP_301', Path: '/new/#{path}', Protocol: 'HTTPS', Port: '443' },
    },
  ])
  const ask = async (path: string, init: RequestInit = {}) => (await fetch(url + path, init)).text()
  expect(await ask('/', { headers: { 'x-clarity-test': 'YES-please' } })).toBe('header')
  expect(await ask('/?v=21')).toBe('query')
  expect(await ask('/', { method: 'DELETE' })).toBe('method')
  expect(await ask('/')).toBe('blue')
  const moved = await fetch(`${url}/old/a?b=c`, { redirect: 'manual' })
  expect([moved.status, moved.headers.get('location')]).toEqual([301, 'https://127.0.0.1:443/new/old/a?b=c'])
  await elb.send(new SetRulePrioritiesCommand({ RulePriorities: [{ RuleArn: last, Priority: 9 }] }))
  expect(await ask('/')).toBe('address')
  expect(port).toBeGreaterThan(0)
})

test('moves a listener to another port and protocol', async () => {
  const { elb, listenerArn, url } = await standUp()
  const port = await freePort()
  await elb.send(new ModifyListenerCommand({ ListenerArn: listenerArn, Port: port }))
  expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(503)
  await expect(fetch(url)).rejects.toThrow()
  await elb.send(
    new ModifyListenerCommand({
      ListenerArn: listenerArn,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: 'arn:aws:acm:us-east-1:124355672559:certificate/1' }],
    }),
  )
  const { status, certificate } = await new Promise<{ status?: number; certificate: PeerCertificate }>(
    (resolve, reject) => {
      const sent = get({ port, host: '127.0.0.1', rejectUnauthorized: false }, response => {
        resolve({
          status: response.statusCode,
          certificate: (response.socket as TLSSocket).getPeerCertificate(),
        })
        response.destroy()
      })
      sent.on('error', reject)
    },
  )
  expect(status).toBe(503)
  expect(certificate.subjectaltname).toBe('DNS:localhost, IP Address:127.0.0.1')
  await elb.send(new DeleteListenerCommand({ ListenerArn: listenerArn }))
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow()
})

test('comes back after a restart, and waits for a port that is taken then', async () => {
  const { elb, cloud, blue, url, port, loadBalancerArn } = await standUp()
  const target = await startTarget(named('blue'))
  await register(elb, blue, [target])
  await cloud.stop()
  await expect(fetch(url)).rejects.toThrow()
  const restart = async () => {
    const again = await startTestCloud({
      services: [createElasticLoadBalancing],
      speed: 1,
      state: cloud.state,
    })
    afterThisTest(() => again.stop())
    return again
  }
  const second = await restart()
  await until(async () => (await fetch(url)).status === 200)
  expect(await (await fetch(url)).text()).toBe('blue')
  await second.stop()
  const thief = createServer()
  await new Promise<void>(resolve => thief.listen(port, '127.0.0.1', resolve))
  const third = await restart()
  const { LoadBalancers } = await third.invoke<{
    LoadBalancers: { State: { Code: string; Reason: string } }[]
  }>(
    'elasticloadbalancing',
    'DescribeLoadBalancers',
    { LoadBalancerArns: [loadBalancerArn] },
    'ecs.amazonaws.com',
  )
  expect(LoadBalancers[0]?.State.Code).toBe('active_impaired')
  expect(LoadBalancers[0]?.State.Reason).toContain(`port ${port} on 127.0.0.1 is taken`)
  await new Promise(resolve => thief.close(resolve))
  await until(async () => {
    third.clock.advance(1000)
    return (await fetch(url).catch(() => undefined))?.status === 200
  })
})
