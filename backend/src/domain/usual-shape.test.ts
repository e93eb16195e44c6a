import { Compile } from 'typebox/compile'
import { expect, test } from 'vitest'
import { parseInstant } from './instant.ts'
import { Sample } from './sample.ts'
import { isShortAsJson, isUsualShape } from './usual-shape.ts'

const SHAPE = Compile(Sample)
const good = {
  uuid: '6f1c1c1e-0000-4000-8000-000000000001',
  type: 'heart_rate',
  value: 61,
  unit: 'bpm',
  start: '2026-11-24T07:00:00Z',
  end: '2026-11-24T07:00:00Z',
  source: { name: 'Watch' },
}
const ODD = [
  undefined,
  null,
  0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  'x',
  'x'.repeat(129),
  'x'.repeat(2000),
  [],
  {},
  true,
  [1],
]

test('what looks usual is good by the schema too, whatever is put where', () => {
  expect(isUsualShape(good)).toBe(true)
  let checked = 0
  const hold = (input: unknown) => {
    checked++
    if (isUsualShape(input)) expect(SHAPE.Check(input), JSON.stringify(input)).toBe(true)
  }
  for (const odd of ODD) {
    hold(odd)
    for (const field of [...Object.keys(good), 'zone_offset', 'metadata', 'mood'])
      hold({ ...good, [field]: odd })
    for (const field of ['name', 'bundle_id', 'device', 'more'])
      hold({ ...good, source: { name: 'Watch', [field]: odd } })
    hold({ ...good, metadata: { key: odd } })
  }
  for (const field of Object.keys(good)) {
    const { [field as 'uuid']: _, ...rest } = good
    hold(rest)
  }
  hold({ ...good, uuid: `${good.uuid}0` })
  hold({ ...good, metadata: { ['k'.repeat(129)]: 1 } })
  expect(checked).toBeGreaterThan(200)
})

test('what is said to be short is short, however it must be escaped', () => {
  for (const text of ['a', '"', '\u0001', '\ud800', 'ß'])
    for (const length of [1, 50, 5000]) {
      const metadata = { [text.repeat(20)]: text.repeat(length), other: -1.7976931348623157e308, flag: false }
      if (isShortAsJson(metadata, 1000)) expect(JSON.stringify(metadata).length).toBeLessThanOrEqual(1000)
    }
  expect(isShortAsJson({ a: 1 }, 1000)).toBe(true)
  expect(isShortAsJson({ a: [1] }, 1000)).toBe(false)
})

test('times are read alike by the quick way and the general one', () => {
  const general = (text: string) => parseInstant(text.replace('T', ' '))
  for (const text of [
    ...[
      '2026-11-24T07:00:00Z',
      '2026-11-24T07:00:00+01:00',
      '2026-11-24T07:00:00.125-03:30',
      '0100-01-01T00:00:00Z',
    ],
    ...[
      '1969-12-31T23:59:59.999Z',
      '2026-02-29T00:00:00Z',
      '2028-02-29T23:59:59+14:00',
      '2026-11-24T24:00:00Z',
    ],
    ...[
      '2026-11-24T07:60:00Z',
      '2026-11-24T07:00:60Z',
      '2026-11-24T07:00:00.12Z',
      '2026-11-24T07:00:00.1234Z',
    ],
    ...[
      '2026-11-24T07:00:00.1a5Z',
      '2026-11-24T07:00:00+15:00',
      '2026-11-24T07:00:00+01:60',
      '2026-11-24T07:00:00',
    ],
    ...['2026-11-24T07:00:00+0100', '2026-11-24T07:00:00z', '0099-01-01T00:00:00Z', '2026-13-01T00:00:00Z'],
    ...[
      '2026-11-24T07:00:00-12:00',
      '2026-11-24T07:00:00-12:01',
      '2026-11-24T7:00:00Z',
      '2026-11-24T-7:00:00Z',
    ],
  ])
    expect(parseInstant(text), text).toEqual(general(text))
})
