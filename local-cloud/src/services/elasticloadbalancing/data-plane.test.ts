import { createHash, randomBytes } from 'node:crypto'
import { Agent, get, request as httpRequest, type IncomingMessage } from 'node:http'
import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch'
import {
  DeregisterTargetsCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import type { CreateService } from '../../core/service.ts'
import { createElasticLoadBalancing } from './elasticloadbalancing.ts'
import {
  afterThisTest,
  freePort,
  healthOf,
  named,
  register,
  standUp,
  startTarget,
  until,
  weighted,
} from './fixture.ts'

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
  expect(data.find(one => one.MetricName === 'TargetResponseTime')?.StatisticValues?.SampleCount).toBe(3)
  expect(data[0]?.Dimensions).toEqual([
    { Name: 'LoadBalancer', Value: loadBalancerArn.split(':loadbalancer/')[1] },
  ])
})

test('streams large bodies up and down', async () => {
  const { elb, blue, url } = await standUp()
  const target = await startTarget((request, response) => {
    const hash = createHash('sha256')
    response.setHeader('trailer-free', 'yes')
    request.on('data', chunk => {
      hash.update(chunk)
      if (!response.write(chunk)) request.pause()
    })
    response.on('drain', () => request.resume())
    request.on('end', () => response.end(hash.digest()))
  })
  await register(elb, blue, [target])
  const body = randomBytes(32 * 1024 * 1024)
  const sent = createHash('sha256').update(body).digest()
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const upload = httpRequest(url, { method: 'POST' }, resolve)
    upload.on('error', reject)
    upload.end(body)
  })
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  const back = Buffer.concat(chunks)
  expect(back.length).toBe(body.length + 32)
  expect(back.subarray(body.length).equals(sent)).toBe(true)
  expect(back.subarray(0, body.length).equals(body)).toBe(true)
})

test('sends headers and events at once, and tells the target when the client leaves', async () => {
  const { elb, blue, url } = await standUp()
  let left = false
  const target = await startTarget((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    request.on('close', () => {
      left = true
    })
    setTimeout(() => response.write('data: 1\n\n'), 20)
  })
  await register(elb, blue, [target])
  const leaving = new AbortController()
  const answer = await fetch(url, { signal: leaving.signal })
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const first = await answer.body?.getReader().read()
  expect(Buffer.from(first?.value ?? []).toString()).toBe('data: 1\n\n')
  leaving.abort()
  await until(() => left)
})

test('tells the target who asked, and keeps hop-by-hop headers to itself', async () => {
  const { elb, blue, url, port } = await standUp()
  const target = await startTarget((request, response) => response.end(JSON.stringify(request.rawHeaders)))
  await register(elb, blue, [target])
  const headers = {
    'X-Forwarded-For': '203.0.113.9',
    Connection: 'close, X-Secret',
    'X-Secret': '1',
    TE: 'trailers',
  }
  const answer = await new Promise<IncomingMessage>(resolve => get(url, { headers }, resolve))
  let text = ''
  for await (const chunk of answer) text += chunk
  const raw = JSON.parse(text) as string[]
  const value = (name: string) => raw[raw.indexOf(name) + 1]
  expect(value('X-Forwarded-For')).toBe('203.0.113.9, 127.0.0.1')
  expect([value('X-Forwarded-Proto'), value('X-Forwarded-Port')]).toEqual(['http', String(port)])
  expect(value('X-Amzn-Trace-Id')).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/)
  expect(raw).not.toContain('X-Secret')
  expect(raw).not.toContain('TE')
})

test('carries WebSockets both ways and closes them when draining is over', async () => {
  const { cloud, elb, blue, url } = await standUp()
  const target = await startTarget(named('plain'))
  target.server.on('upgrade', (request, socket) => {
    const key = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
    )
    socket.on('error', () => {})
    // Unmasks a short text frame and sends it back.
    socket.on('data', (frame: Buffer) => {
      const mask = frame.subarray(2, 6)
      const text = Buffer.from(frame.subarray(6).map((byte, i) => byte ^ (mask[i % 4] as number)))
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]))
    })
  })
  await register(elb, blue, [target])
  const socket = new WebSocket(url.replace('http', 'ws'))
  const heard: string[] = []
  let closed = false
  socket.onmessage = event => heard.push(String(event.data))
  socket.onclose = () => {
    closed = true
  }
  await new Promise(resolve => {
    socket.onopen = resolve
  })
  socket.send('beat')
  await until(() => heard[0] === 'beat')
  await elb.send(
    new DeregisterTargetsCommand({ TargetGroupArn: blue, Targets: [{ Id: '127.0.0.1', Port: target.port }] }),
  )
  expect(closed).toBe(false)
  cloud.clock.advance(5000)
  await until(() => closed)
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

test('uses a kept client connection for whichever target is next', async () => {
  const { elb, blue, green, url, ruleArn } = await standUp()
  await register(elb, blue, [await startTarget(named('blue'))])
  await register(elb, green, [await startTarget(named('green'))])
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  afterThisTest(() => agent.destroy())
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      const sent = get(url, { agent }, async response => {
        let text = sent.reusedSocket ? 'kept ' : 'new '
        for await (const chunk of response) text += chunk
        resolve(text)
      })
      sent.on('error', reject)
    })
  expect(await ask()).toBe('new blue')
  await elb.send(new ModifyRuleCommand({ RuleArn: ruleArn, Actions: weighted([blue, 0], [green, 1]) }))
  expect(await ask()).toBe('kept green')
})

test('answers bad requests itself', async () => {
  const { port } = await standUp()
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    get({ port, host: '127.0.0.1', headers: { 'x-long': 'x'.repeat(70_000) } }, r =>
      resolve(r.statusCode),
    ).on('error', reject)
  })
  expect(answer).toBe(431)
  expect(await freePort()).toBeGreaterThan(0)
})
