import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, get, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import {
  DeregisterTargetsCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { afterThisTest, named, register, standUp, startTarget, until, weighted } from './fixture.ts'

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

test('answers itself what is not a request that it takes', async () => {
  const { port, elb, blue } = await standUp()
  const target = await startTarget((_, response) => {
    response.setHeader(
      'x-large',
      Array.from({ length: 5 }, () => 'y'.repeat(8000)),
    )
    response.end()
  })
  await register(elb, blue, [target])
  const ask = (options: RequestOptions) =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest({ port, host: '127.0.0.1', ...options }, r => resolve(r.statusCode))
      sent.on('error', reject).end()
    })
  expect(await ask({ headers: { 'x-long': 'x'.repeat(70_000) } })).toBe(400)
  expect(await ask({ headers: { 'x-long': 'x'.repeat(17_000) } })).toBe(400)
  expect(await ask({ path: `/${'x'.repeat(17_000)}` })).toBe(414)
  expect(await ask({ method: 'TRACE' })).toBe(405)
  expect(await ask({ headers: { 'x-forwarded-for': Array(31).fill('1.2.3.4').join(', ') } })).toBe(463)
  expect(target.requests).toBe(0)
  // An answer may have headers of 32 KiB, and this one has more.
  expect(await ask({})).toBe(502)
})

test('gives a slow client time and a silent one 408, and ends old connections', async () => {
  const { cloud, elb, blue, port, loadBalancerArn } = await standUp()
  await register(elb, blue, [await startTarget(named('blue'))])
  const Attributes = [
    { Key: 'client_keep_alive.seconds', Value: '60' },
    { Key: 'idle_timeout.timeout_seconds', Value: '30' },
  ]
  await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: loadBalancerArn, Attributes }))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  afterThisTest(() => agent.destroy())
  const keeps = () =>
    new Promise<string | undefined>((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent }, r => resolve(r.resume().headers.connection)).on('error', reject)
    })
  expect(await keeps()).toBe('keep-alive')
  cloud.clock.advance(60_000)
  expect(await keeps()).toBe('close')

  const upload = (bytes: number) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'content-length': 4 }
      const sent = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers }, r =>
        resolve(r.resume().statusCode),
      )
      sent.on('error', reject)
      const next = (left: number) => {
        if (left === 0) return
        sent.write('x')
        setTimeout(() => {
          cloud.clock.advance(20_000)
          next(left - 1)
        }, 20)
      }
      next(bytes)
    })
  expect(await upload(4)).toBe(200)
  const silent = upload(1)
  setTimeout(() => cloud.clock.advance(30_000), 60)
  expect(await silent).toBe(408)
})

test('answers requests over one connection in their order, whoever reads them', async () => {
  const { elb, blue, port } = await standUp()
  const target = await startTarget((request, response) => {
    request.resume()
    // without a length, so that the load balancer has to frame the answer
    response.write(`${request.method} `)
    setImmediate(() => response.end(`${request.url};`))
  })
  await register(elb, blue, [target])
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
  const socket = connect(port, '127.0.0.1')
  afterThisTest(() => socket.destroy())
  let heard = ''
  socket.on('data', chunk => {
    heard += chunk
  })
  socket.write(get('/1'))
  await until(() => heard.endsWith('0\r\n\r\n'))
  expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(heard).toMatch(/\r\nTransfer-Encoding: chunked\r\n/i)
  // while the second is under way come a third with a body, in two pieces, and a fourth
  socket.write(get('/2'))
  socket.write('POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo')
  setImmediate(() => socket.write(`dy${get('/4')}`))
  await until(() => heard.split('0\r\n\r\n').length === 5)
  expect(heard.match(/(GET|POST) |\/\d;/g)?.join('')).toBe('GET /1;GET /2;POST /3;GET /4;')
  socket.write('HEAD /5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await until(() => socket.closed)
  expect(target.requests).toBe(5)
})

test.each([
  ['a carriage return', 'X-A: b\rSet-Cookie: c=1'],
  ['a line feed', 'X-A: b\nSet-Cookie: c=1'],
  ['a zero', 'X-A: b\0c'],
])('answers 502 for a target whose header has %s inside its value', async (_, header) => {
  const { elb, blue, url } = await standUp()
  // Node's own server would never write such a head.
  const target = createTcpServer(socket => {
    socket.on('error', () => {})
    socket.on('data', asked => {
      const health = asked.toString('latin1').startsWith('GET /health')
      socket.write(`HTTP/1.1 200 OK\r\n${health ? 'X-A: b' : header}\r\nContent-Length: 2\r\n\r\nok`)
    })
  }).listen(0, '127.0.0.1')
  afterThisTest(() => target.close())
  await once(target, 'listening')
  await register(elb, blue, [{ port: (target.address() as AddressInfo).port }])
  const answer = await fetch(url)
  expect([answer.status, answer.headers.get('x-a'), answer.headers.get('set-cookie')]).toEqual([
    502,
    null,
    null,
  ])
})
