import { expect, test } from 'vitest'
import type { Event } from './events.ts'
import { createRenderer, formatSeconds } from './render.ts'

function render(events: Event[], options: { json?: boolean; isTTY?: boolean; colour?: boolean } = {}) {
  const written = { out: '', err: '' }
  const to = (stream: 'out' | 'err') => (text: string) => {
    written[stream] += text
  }
  const emit = createRenderer({
    out: { write: to('out') },
    err: { write: to('err'), isTTY: options.isTTY },
    json: options.json ?? false,
    colour: options.colour ?? false,
  })
  for (const event of events) emit(event)
  return written
}

const story: Event[] = [
  { type: 'step-started', step: 's', message: 'push it' },
  { type: 'step-progress', step: 's', message: 'half' },
  { type: 'step-finished', step: 's', message: 'push it: 3 MB', seconds: 1.234 },
  { type: 'result', text: 'done', data: {} },
]

test('writes lines for a log: progress and steps to stderr, the result alone to stdout', () => {
  expect(render(story)).toEqual({ out: 'done\n', err: '  half\n✓ push it: 3 MB (1.2 s)\n' })
})

test('on a terminal the running step is one live line that is wiped before the next', () => {
  const { err } = render(story, { isTTY: true })
  expect(err).toContain('push it (0.0 s)')
  expect(err.endsWith('\r\u001b[J✓ push it: 3 MB (1.2 s)\n')).toBe(true)
})

test('writes the same events as JSON, one object a line', () => {
  const lines = render(story, { json: true }).out.trim().split('\n')
  expect(lines.map(line => JSON.parse(line).type)).toEqual(story.map(event => event.type))
})

test('uses colour only where it is asked for', () => {
  expect(render(story).err).not.toContain('\u001b[32m')
  expect(render(story, { colour: true }).err).toContain('\u001b[32m')
})

test('times read like speech', () => {
  expect([0.04, 9.9, 12.4, 119, 125].map(formatSeconds)).toEqual([
    '0.0 s',
    '9.9 s',
    '12 s',
    '119 s',
    '2 min 5 s',
  ])
})
