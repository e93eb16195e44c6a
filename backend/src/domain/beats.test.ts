import { expect, test } from 'vitest'
import { beatIntervals } from './beats.ts'
import { parseSample } from './parse-sample.ts'
import type { ParsedSample } from './sample.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const series = (more: object) => ({
  uuid: '6f1c1c1e-0000-4000-8000-000000000001',
  type: 'HKDataTypeIdentifierHeartbeatSeries',
  value: 4,
  unit: 'count',
  start: '2026-11-24T07:00:00Z',
  end: '2026-11-24T07:01:00Z',
  source: { name: 'Watch' },
  metadata: {
    beats: [
      [0, false],
      [0.8, false],
      [2.5, true],
      [3.3, false],
    ],
  },
  ...more,
})
const parsed = (input: object): ParsedSample => {
  const result = parseSample(input, NOW)
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.parsed
}

test('the intervals of a series are in runs that no gap crosses', () => {
  const [first, second] = beatIntervals(parsed(series({})))
  expect(first).toEqual([expect.closeTo(800)])
  expect(second).toEqual([expect.closeTo(800)])
})

test('an HRV sample of an export gives the intervals that its beats per minute say', () => {
  const hrv = {
    type: 'heart_rate_variability_sdnn',
    value: 40,
    unit: 'ms',
    metadata: { InstantaneousBeatsPerMinute: [{ bpm: '60' }, { bpm: '75' }] },
  }
  expect(beatIntervals(parsed(series(hrv)))).toEqual([[1000, 800]])
  expect(beatIntervals(parsed(series({ ...hrv, metadata: undefined })))).toEqual([])
})

test.each([
  [undefined],
  [{ beats: [] }],
  [
    {
      beats: [
        [0, false],
        [0, false],
      ],
    },
  ],
  [{ beats: [[0, 0]] }],
  [
    {
      beats: [
        [0, false],
        [0.8, false],
        [2.5, true],
      ],
    },
  ],
])('beats that are none, or not as many as the value says, are refused: %j', metadata => {
  expect(parseSample(series({ metadata }), NOW)).toMatchObject({
    ok: false,
    faults: [{ field: 'metadata/beats', code: 'bad_beats' }],
  })
})
