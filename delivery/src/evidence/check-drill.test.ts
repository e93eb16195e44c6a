import { expect, test } from 'vitest'
import { checkDrill } from './check-drill.ts'
import type { EvidenceEntry } from './document.ts'
import { storedChain } from './testing.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const drill = (more: Partial<EvidenceEntry> = {}): Partial<EvidenceEntry> => ({
  kind: 'drill',
  verdict: 'passed',
  endedAt: '2026-11-20T12:00:00.000Z',
  drill: { detected: 1, commanded: 1.1, weights: 18, hundredGood: 25, ended: 70 },
  ...more,
})

test('a drill that passed in time and lately counts, whatever was deployed since', () => {
  expect(checkDrill(storedChain([{}, drill(), {}]), NOW)).toEqual({
    kind: 'passed',
    sequence: 2,
    seconds: 70,
    ageDays: 11,
  })
})

test.each<[string, Partial<EvidenceEntry>[], RegExp]>([
  ['none', [{}], /no drill was ever held/],
  ['one too old', [drill({ endedAt: '2026-10-20T12:00:00.000Z' })], /42.0 days ago/],
  ['one too slow', [drill({ drill: { ...drill().drill, ended: 121 } })], /took 121.0 s/],
  ['a clock that never came', [drill({ drill: { detected: 1 } })], /too many s/],
  [
    'a failed one after a passed one',
    [drill(), drill({ verdict: 'failed', reason: 'not seen' })],
    /did not pass: not seen/,
  ],
])('%s does not', (_, entries, why) => {
  expect(checkDrill(storedChain(entries), NOW)).toEqual({ kind: 'missing', why: expect.stringMatching(why) })
})

test('one that nobody let into production says nothing, one that was interrupted undoes', () => {
  const refused = drill({ verdict: 'not-held', drill: undefined })
  expect(checkDrill(storedChain([drill(), refused]), NOW)).toMatchObject({ kind: 'passed', sequence: 1 })
  expect(checkDrill(storedChain([refused]), NOW)).toMatchObject({ why: 'no drill was ever held' })
  const killed = drill({ verdict: 'interrupted', drill: undefined })
  expect(checkDrill(storedChain([drill(), killed]), NOW).kind).toBe('missing')
})

test('a broken chain proves nothing', () => {
  const [first, second] = storedChain([{}, drill()])
  expect(checkDrill([second!], NOW)).toMatchObject({
    kind: 'missing',
    why: expect.stringMatching(/broken at 1/),
  })
  expect(checkDrill([{ ...first!, text: '{}' }, second!], NOW).kind).toBe('missing')
})
