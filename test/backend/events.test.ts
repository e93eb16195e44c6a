import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEventHub } from '../../backend/src/api/events/hub.ts'
import type { UserEvent } from '../../backend/src/domain/user-event.ts'
import { createLog } from '../../backend/src/logging.ts'
import { type Backend, startBackend } from './harness.ts'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
  void backend.worker().start()
})
afterAll(() => backend.dispose())

const sample = (value: number) => ({
  uuid: randomUUID(),
  type: 'steps',
  value,
  unit: 'count',
  start: '2026-03-01T08:00:00+01:00',
  end: '2026-03-01T08:01:00+01:00',
  source: { name: 'Watch' },
})

/** A client of the stream: what it has got, and the wait for more. */
async function listen(user: string, headers: Record<string, string> = {}) {
  const cut = new AbortController()
  const response = await fetch(`${backend.app.listeningOrigin}/api/v1/events`, {
    headers: { authorization: `Bearer ${user}`, ...headers },
    signal: cut.signal,
  })
  let text = ''
  let ended = false
  const reading = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    ended = true
  })().catch(() => {})
  const until = async (found: (text: string) => boolean): Promise<string> => {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
      if (found(text)) return text
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    throw new Error(`not within ten seconds; got:\n${text}`)
  }
  return { response, until, close: () => cut.abort(), reading, ended: () => ended, text: () => text }
}

const ids = (text: string) => [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id ?? '')

test('an upload is told to its owner alone, with a heartbeat, and repeated after the last event seen', async () => {
  const [owner, other] = [randomUUID(), randomUUID()]
  const [mine, theirs] = [await listen(owner), await listen(other)]
  expect(mine.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(mine.response.headers.get('cache-control')).toBe('no-store')
  const first = await backend.as(owner).upload([sample(1)])
  const text = await mine.until(got => got.includes('"processed"') && got.includes(': still here'))
  expect(text).toContain('event: upload\n')
  expect(text).toContain(`"upload_id":"${first.upload_id}"`)
  expect(text).toContain('"accepted":1')
  expect(ids(text)).toHaveLength(1)
  mine.close()
  const second = await backend.as(owner).upload([sample(2)])
  const again = await listen(owner, { 'last-event-id': ids(text).at(-1) ?? '' })
  const missed = await again.until(got => got.includes(second.upload_id))
  expect(missed).not.toContain(first.upload_id)
  expect(theirs.text()).not.toContain('event:')
  again.close()
  theirs.close()
})

test('streams are bounded, and an id of long ago is told so', async () => {
  const user = randomUUID()
  const streams = await Promise.all(
    Array.from({ length: 5 }, () => listen(user, { 'last-event-id': '00000000000001-a' })),
  )
  await streams[0]?.until(got => got.includes('event: reset'))
  const sixth = await listen(user)
  expect(sixth.response.status).toBe(429)
  expect(sixth.response.headers.get('retry-after')).toBe('10')
  streams[0]?.close()
  for (const deadline = Date.now() + 5000; ; ) {
    const next = await listen(user)
    if (next.response.status === 200) break
    if (Date.now() > deadline) throw new Error('the place of a closed stream was not given back')
  }
})

test('late and repeated events come once; a stream ends after its time, and all end when the process stops', async () => {
  let now = 1_000_000_000_000
  const id = (ms: number, name: string) => `${String(ms).padStart(14, '0')}-${name}`
  let stored: (UserEvent & { id: string })[] = []
  const hub = createEventHub({
    events: { since: async (_user, ms) => stored.filter(event => Number(event.id.slice(0, 14)) >= ms) },
    clock: { now: () => now },
    log: createLog({ level: 'silent', release: 'r', environment: 'test', service: 'api' }),
    pollMs: 1,
    heartbeatMs: 1,
    longestMs: 60_000,
  })
  const open = () => {
    const stream = hub.open('user')
    if (typeof stream === 'string') throw new Error(stream)
    const got = { text: '', ended: false }
    stream.on('data', chunk => {
      got.text += chunk
    })
    stream.on('end', () => {
      got.ended = true
    })
    return got
  }
  const settle = async (done: () => boolean) => {
    for (let i = 0; i < 2000 && !done(); i++) await new Promise(resolve => setTimeout(resolve, 1))
    expect(done()).toBe(true)
  }
  const one = open()
  const event = (ms: number, name: string) => ({ id: id(ms, name), type: 'upload' as const, data: { name } })
  stored = [event(now + 2000, 'b')]
  await settle(() => one.text.includes('"b"'))
  // Recorded by a process whose clock is behind.
  stored = [event(now + 1000, 'a'), ...stored]
  await settle(() => one.text.includes('"a"'))
  await settle(() => one.text.split('still here').length > 5)
  expect(ids(one.text)).toEqual([id(now + 2000, 'b'), id(now + 1000, 'a')])
  now += 60_000
  await settle(() => one.ended)
  const two = open()
  hub.close()
  await settle(() => two.ended)
  expect(hub.open('user')).toBe('too_many')
})
