import { expect, test } from 'vitest'
import { parseAny } from './parse-sample.ts'
import { parseUsual } from './parse-usual.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const GOOD = {
  uuid: 'E621E1F8-C36C-495A-93FC-0C247A3E6E5F',
  type: 'heart_rate',
  value: 72,
  unit: 'count/min',
  start: '2026-11-24T07:00:00+01:00',
  end: '2026-11-24T07:00:00+01:00',
  source: { name: 'Apple Watch' },
}
/** What each field may be in its place: good, odd and bad. */
const CHANGES: Record<string, unknown[]> = {
  uuid: ['e621e1f8-c36c-495a-93fc-0c247a3e6e5f', 'E621E1F8-C36C-495A-93FC-0C247A3E6E5', 'é'.repeat(36), 7],
  type: ['HKQuantityTypeIdentifierBodyTemperature', 'sleep_analysis', 'heartbeat_series', 'constructor', 'x'],
  value: [0, -0, 1e15, 1.1e15, -3.25, '72', '', Number.NaN, null, undefined],
  unit: ['bpm', 'count/s', 'degF', '%', 'constructor', '', undefined],
  start: [
    ...[
      '2026-11-24T07:00:00Z',
      '2026-11-24T07:00:00.500Z',
      '2026-11-24 07:00:00Z',
      '2024-02-29T00:00:00-12:00',
    ],
    ...[
      '2026-02-29T00:00:00Z',
      '1899-12-31T23:59:59Z',
      '1900-01-01T00:00:00Z',
      '2026-11-25T12:00:01Z',
      'now',
    ],
  ],
  end: [
    ...['2026-11-24T06:00:00Z', '2026-11-24T05:59:59Z', '2026-11-25T12:00:00Z', '2026-11-25T12:00:01Z'],
    ...['2026-11-24T07:00:00+14:01', '2026-11-24T07:00:00.1234567890Z'],
  ],
  zone_offset: ['+02:00', 'Z', '+15:00', undefined],
  source: [{ name: '' }, { name: 'A', device: 'B' }, {}],
  metadata: [{}, { a: 1 }, { a: [1] }, { a: 'x'.repeat(40_000) }, { a: 'x'.repeat(6000) }, undefined],
}

test('the quick way takes only what the full check takes, and makes the same of it', () => {
  const fields = Object.keys(CHANGES)
  let taken = 0
  const hold = (input: object): void => {
    const quick = parseUsual(input, NOW)
    if (!quick) return
    taken++
    expect({ ok: true, parsed: quick }, JSON.stringify(input)).toEqual(parseAny(input, NOW))
  }
  hold(GOOD)
  expect(taken).toBe(1)
  for (const one of fields)
    for (const value of CHANGES[one] ?? [])
      for (const other of fields)
        for (const second of CHANGES[other] ?? []) {
          hold({ ...GOOD, [one]: value, [other]: second })
          // What the one before was must not matter.
          hold(GOOD)
        }
  expect(taken).toBeGreaterThan(2500)
})

test('dates are reckoned as the calendar has them', () => {
  for (let day = Date.parse('1900-01-01T00:00:00Z'); day < NOW; day += 86_400_000 * 17) {
    const start = new Date(day).toISOString().replace('.000Z', 'Z')
    expect(parseUsual({ ...GOOD, start, end: start }, NOW), start).toMatchObject({
      startMs: day,
      day: start.slice(0, 10),
    })
  }
})
