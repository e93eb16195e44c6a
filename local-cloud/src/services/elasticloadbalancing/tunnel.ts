import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { answerRaw } from './answers.ts'
import { type ForwardParts, type ForwardSettings, originForm } from './forward.ts'
import { linesOf, requestHeaders, responseHeaders, traceIdOf } from './headers.ts'
import type { Watched } from './idle.ts'
import { type Counters, countOwn, countTarget } from './metrics.ts'
import { requestTo } from './target.ts'
import { noteRequest, type Trail } from './trail.ts'

/** A request that asks to become a WebSocket. */
export interface Handshake {
  request: IncomingMessage
  client: Duplex
  head: Buffer
  groupArn: string
  settings: ForwardSettings
  counters: Counters
  /** What the access log is to tell of it. */
  trail?: Trail
}

/** Forwards a WebSocket handshake and, once the target has agreed, bytes both ways until either side ends. */
export function tunnel({ fleet, idle, clock }: ForwardParts, handshake: Handshake): void {
  const { request, client, head, groupArn, settings, counters, trail } = handshake
  let upgraded: Duplex | undefined
  const target = fleet.choose(groupArn)
  if (!target) return void refuse(503)
  counters.RequestCount++
  const startedAt = performance.now()
  const watched: Watched = { lastByteAt: clock.now(), idleMs: settings.idleMs, onIdle: () => refuse(504) }
  idle.add(watched)
  const release = fleet.begin(target, { abort: () => end() })
  const headers = [
    ...requestHeaders(request, settings, clock.now()),
    'Connection',
    'Upgrade',
    'Upgrade',
    'websocket',
  ]
  if (trail) noteRequest(trail, target, traceIdOf(headers), startedAt)
  const sent = requestTo(target, {
    method: 'GET',
    path: originForm(request.url ?? '/'),
    headers,
  })
  client.on('error', end)
  client.on('close', end)
  sent.on('upgrade', (answer, socket, first) => {
    upgraded = socket
    count(answer)
    client.write(statusAndHeaders(answer, ['Connection', 'Upgrade', 'Upgrade', 'websocket']))
    socket.on('error', end)
    socket.on('close', end)
    for (const [from, to, early] of [
      [client, socket, head],
      [socket, client, first],
    ] as const) {
      if (early.length > 0) to.write(early)
      from.on('data', () => {
        watched.lastByteAt = clock.now()
      })
      from.pipe(to)
    }
  })
  sent.on('response', answer => {
    count(answer)
    client.write(statusAndHeaders(answer, ['Connection', 'close']))
    answer.on('error', end)
    answer.pipe(client)
  })
  sent.on('error', () => (upgraded || client.destroyed ? end() : refuse(502)))
  sent.end()

  function count(answer: IncomingMessage): void {
    watched.lastByteAt = clock.now()
    const answeredAt = performance.now()
    countTarget(counters, answer.statusCode ?? 0, (answeredAt - startedAt) / 1000)
    if (!trail) return
    trail.answeredAt = answeredAt
    trail.targetStatus = answer.statusCode
  }

  function statusAndHeaders(answer: IncomingMessage, own: string[]): string {
    const flat = [
      ...responseHeaders(answer.rawHeaders, answer.headers.connection, settings.sendServer),
      ...own,
    ]
    return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${linesOf(flat)}\r\n`
  }

  function refuse(status: number): void {
    if (!upgraded) {
      countOwn(counters, status)
      answerRaw(client, status)
    }
    end()
  }

  /** Both sides end together; what is already written still goes out. */
  function end(): void {
    if (target) {
      idle.remove(watched)
      release()
      sent.destroy()
    }
    upgraded?.destroy()
    client.end(() => client.destroy())
  }
}
