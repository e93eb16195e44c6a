import { expect, test } from 'vitest'
import { sampleOf } from '../testing/sample-of.ts'
import { bestSourcePerMinute, totalOf } from './best-source.ts'

const phone = { source: { name: 'iPhone' } }
const total = (...samples: Parameters<typeof bestSourcePerMinute>[0]) =>
  totalOf(bestSourcePerMinute(samples).amounts)

test('two sources of the same minutes are never added up', () => {
  const watch = sampleOf('steps', 100, '2026-03-01T08:00:00Z', '2026-03-01T08:01:00Z')
  const same = sampleOf('steps', 90, '2026-03-01T08:00:00Z', '2026-03-01T08:01:00Z', phone)
  expect(total(watch, same)).toBe(100)
  expect(total(same, watch)).toBe(100)
  const later = sampleOf('steps', 90, '2026-03-01T08:01:00Z', '2026-03-01T08:02:00Z', phone)
  expect(total(watch, later)).toBe(190)
})

test('samples of one source add up, a long one is spread evenly over its minutes', () => {
  const ten = sampleOf('steps', 600, '2026-03-01T08:00:30Z', '2026-03-01T08:10:30Z')
  const { first, amounts } = bestSourcePerMinute([ten])
  expect(first).toBe(Date.parse('2026-03-01T08:00:00Z') / 60_000)
  expect([...amounts]).toEqual([30, ...Array(9).fill(60), 30])
  expect(total(ten, sampleOf('steps', 5, '2026-03-01T08:02:00Z'))).toBe(605)
})

test('the local clock decides the minute, whatever the offset', () => {
  const { first } = bestSourcePerMinute([sampleOf('steps', 1, '2026-03-01T23:30:00-07:00')])
  expect(first).toBe(Date.parse('2026-03-01T23:30:00Z') / 60_000)
})

test('the total lies between that of the best source and that of all together', () => {
  let x = 7
  const random = () => {
    x = (Math.imul(1103515245, x) + 12345) & 0x7fffffff
    return x / 2 ** 31
  }
  for (let round = 0; round < 20; round++) {
    const samples = Array.from({ length: 30 }, () => {
      const start = Date.parse('2026-03-01T08:00:00Z') + Math.floor(random() * 3_600_000)
      const end = start + Math.floor(random() * 900_000)
      const source = { source: { name: `s${Math.floor(random() * 3)}` } }
      const [from, to] = [start, end].map(ms => new Date(ms).toISOString())
      return sampleOf('steps', Math.ceil(random() * 500), from as string, to, source)
    })
    const single = [...Map.groupBy(samples, ({ sample }) => sample.source.name).values()].map(own =>
      own.reduce((sum, { canonical }) => sum + canonical, 0),
    )
    const merged = total(...samples)
    expect(merged).toBeGreaterThanOrEqual(Math.max(...single) - 1e-6)
    expect(merged).toBeLessThanOrEqual(single.reduce((a, b) => a + b) + 1e-6)
  }
})
