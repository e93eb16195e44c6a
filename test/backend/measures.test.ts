import { randomUUID } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { existsSync, readFileSync } from 'node:fs'
import type { ClientRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Backend, startBackend } from './harness.ts'

let backend: Backend
/** Names of the DynamoDB operations that were sent. */
const asked: string[] = []
beforeAll(async () => {
  backend = await startBackend()
  subscribe('http.client.request.start', message => {
    const { request } = message as { request: ClientRequest }
    const [service, operation] = String(request.getHeader('x-amz-target')).split('.')
    if (service?.startsWith('DynamoDB') && operation) asked.push(operation)
  })
  void backend.worker().start()
})
afterAll(() => backend.dispose())

const DAY_MS = 86_400_000
const START = Date.parse('2026-03-02T00:00:00Z')
const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', '+00:00')
const sample = (
  type: string,
  value: number | string,
  startMs: number,
  endMs = startMs,
  more: object = {},
) => ({
  uuid: randomUUID(),
  type,
  value,
  start: iso(startMs),
  end: iso(endMs),
  source: { name: 'Watch' },
  ...more,
})
const steps = (value: number, startMs: number, minutes = 1, source = 'Watch') =>
  sample('steps', value, startMs, startMs + minutes * 60_000, { unit: 'count', source: { name: source } })

/** A week of a person who walks from 8 to 22 and sleeps from 23 to 7. */
function week(days = 7): object[] {
  return Array.from({ length: days }, (_, day) => {
    const midnight = START + day * DAY_MS
    const hours = Array.from({ length: 14 }, (_, hour) => midnight + (8 + hour) * 3_600_000)
    const night = midnight - 3_600_000
    return [
      ...hours.map(at => steps(600, at, 5)),
      steps(500, midnight + 8 * 3_600_000, 5, 'iPhone'),
      sample('sleep_analysis', 'asleep_core', night, night + 7 * 3_600_000),
      sample('sleep_analysis', 'awake', night + 7 * 3_600_000, night + 7.5 * 3_600_000),
      sample('sleep_analysis', 'asleep_rem', night + 7.5 * 3_600_000, night + 8 * 3_600_000),
      sample('heart_rate_variability_sdnn', 40, midnight + 3_600_000, undefined, { unit: 'ms' }),
      sample('heartbeat_series', 4, midnight + 3_600_000, midnight + 3_604_000, {
        unit: 'count',
        metadata: {
          beats: [
            [0, false],
            [0.8, false],
            [1.61, false],
            [2.425, false],
          ],
        },
      }),
      sample('active_energy', 300, midnight + 9 * 3_600_000, midnight + 10 * 3_600_000, { unit: 'kcal' }),
      sample('workout', 30, midnight + 9 * 3_600_000, midnight + 9.5 * 3_600_000, {
        unit: 'min',
        metadata: { workoutActivityType: 'HKWorkoutActivityTypeRunning' },
      }),
    ]
  }).flat()
}
const PERIOD = 'from=2026-03-02&to=2026-03-08'

/** Four weeks of resting heart rates around 71, from the fifteenth day around 61. */
const resting = () =>
  Array.from({ length: 28 }, (_, day) =>
    sample('resting_heart_rate', (day < 14 ? 70 : 60) + (day % 3), START + day * DAY_MS, undefined, {
      unit: 'count/min',
    }),
  )

test('every measure comes with its method, source and coverage', async () => {
  const user = backend.as(randomUUID())
  await user.upload([...week(), ...resting()])
  const sleep = (await user.get(`/sleep?${PERIOD}`)).body
  expect(sleep.nights).toHaveLength(7)
  expect(sleep.nights[0]).toMatchObject({
    date: '2026-03-02',
    asleep_minutes: 450,
    awake_after_onset_minutes: 30,
    stages: { core_minutes: 420, rem_minutes: 30, deep_minutes: 0, awake_minutes: 30 },
    midpoint: '03:00',
    latency_minutes: null,
  })
  expect(sleep.regularity_index).toMatchObject({
    value: 100,
    method: { name: 'sleep-regularity-index', source: expect.stringContaining('Phillips') },
    coverage: { have: 6, of: 6, need: 5, unit: 'day pairs' },
  })

  const activity = (await user.get(`/activity?${PERIOD}`)).body
  // The phone's 500 of the first hour are among the watch's 600.
  expect(activity.days[0]).toMatchObject({
    date: '2026-03-02',
    steps: 14 * 600,
    brisk_minutes: 14 * 5,
    active_energy_kcal: 300,
    flights_climbed: null,
    sources: ['Watch', 'iPhone'],
  })
  expect(activity.workouts[0]).toMatchObject({ minutes: 30, activity_type: 'HKWorkoutActivityTypeRunning' })

  const heart = (await user.get(`/heart?${PERIOD}`)).body
  expect(heart.days[0]).toMatchObject({ resting_heart_rate: 70, resting_from: 'samples', sdnn_ms: 40 })
  // Intervals of 800, 810 and 815 ms.
  expect(heart.rmssd.value).toBeCloseTo(Math.sqrt((10 ** 2 + 5 ** 2) / 2), 6)

  const rhythm = (await user.get(`/rhythm?${PERIOD}`)).body
  expect(rhythm.interdaily_stability).toMatchObject({ value: expect.closeTo(1, 9), coverage: { have: 7 } })
  expect(rhythm.relative_amplitude.value).toBe(1)
  expect(rhythm.most_active_10h.method.name).toContain('step-based')

  const month = 'from=2026-03-02&to=2026-03-29'
  const trend = (await user.get(`/trends?${month}&metric=resting_heart_rate`)).body.trends[0]
  expect(trend.change_points).toMatchObject([{ before: 71, after: 61, p: expect.closeTo(0, 2) }])
  const off = Date.parse(trend.change_points[0].date) - Date.parse('2026-03-16')
  expect(Math.abs(off)).toBeLessThanOrEqual(2 * DAY_MS)
  expect(trend).toMatchObject({
    latest: { date: '2026-03-29', value: 60 },
    baseline_median: { coverage: { have: 27, of: 28, need: 14, unit: 'days' } },
    latest_robust_z: { value: expect.any(Number) },
  })
  const early = (await user.get(`/trends?${PERIOD}`)).body.trends
  expect(early.length).toBeGreaterThan(3)
  expect(early[0].baseline_median).toMatchObject({ value: null, reason: expect.stringContaining('14') })
})

test('thin data is null with a reason, no data is an empty answer', async () => {
  const user = backend.as(randomUUID())
  for (const path of ['sleep', 'activity', 'heart', 'rhythm']) {
    const { status, body } = await user.get(`/${path}?${PERIOD}`)
    expect(status).toBe(200)
    const measures = Object.values(body).filter(value => (value as { method?: object }).method)
    expect(measures.length).toBeGreaterThan(2)
    for (const measure of measures) expect(measure).toMatchObject({ value: null, reason: expect.any(String) })
  }
  expect((await user.get(`/trends?${PERIOD}`)).body.trends).toEqual([])
  expect((await user.get('/sleep')).status).toBe(200)
  expect((await user.get('/sleep?from=2026-03-02&to=2026-03-01')).body.errors[0].code).toBe(
    'end_before_start',
  )
  expect((await user.get('/rhythm?from=2024-01-01&to=2026-03-01')).body.errors[0].code).toBe('too_long')
  expect((await user.get('/sleep?from=yesterday')).status).toBe(422)
  expect((await user.get('/trends?metric=mood')).body.errors[0].code).toBe('unknown_metric')
})

test('reads by hour, day, week and month, page by page, with sources', async () => {
  const user = backend.as(randomUUID())
  await user.upload(week().filter(each => (each as { type: string }).type === 'steps'))
  const read = async (query: string) => (await user.get(`/health-data?metric=steps&${query}`)).body
  const hours = await read('by=hour&from=2026-03-02&to=2026-03-02')
  expect(hours.buckets).toHaveLength(14)
  expect(hours.buckets[0]).toMatchObject({
    start: '2026-03-02T08:00',
    sum: 600,
    sources: ['Watch', 'iPhone'],
  })
  const weeks = await read('by=week&from=2026-03-04&to=2026-03-08')
  expect(weeks).toMatchObject({ from: '2026-03-02', sources: ['Watch', 'iPhone'], aggregation: 'sum' })
  expect(weeks.buckets.map(({ start, sum }: { start: string; sum: number }) => [start, sum])).toEqual([
    ['2026-03-02', 7 * 8400],
  ])
  expect((await read('by=month&from=2026-03-02&to=2026-03-08')).buckets[0].sum).toBe(7 * 8400)
  const days: string[] = []
  let cursor = ''
  do {
    const page = await read(`by=day&${PERIOD}&limit=3${cursor}`)
    days.push(...page.buckets.map(({ start }: { start: string }) => start))
    cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : ''
  } while (cursor)
  expect(new Set(days).size).toBe(7)
  expect(days).toHaveLength(7)
  const raw = await read('from=2026-03-02T08:00:00Z&to=2026-03-02T08:00:01Z')
  expect(raw.sources).toEqual(['Watch', 'iPhone'])
  expect((await read('by=hour&from=2025-01-01&to=2025-12-01')).errors[0].code).toBe('too_long')
  expect((await read('by=day&cursor=x')).errors[0].code).toBe('bad_cursor')
})

test('an answer is the same until the data changes, and the next read after a change sees it', async () => {
  const id = randomUUID()
  const user = backend.as(id)
  await user.upload([steps(100, START)])
  const url = `${backend.app.listeningOrigin}/api/v1/summaries/daily?metric=steps&${PERIOD}`
  const get = (headers: Record<string, string> = {}) =>
    fetch(url, { headers: { authorization: `Bearer ${id}`, ...headers } })
  const first = await get()
  const etag = first.headers.get('etag') ?? ''
  expect(etag).toMatch(/^"[\w-]{27}"$/)
  asked.length = 0
  const same = await get({ 'if-none-match': `"other", W/${etag}` })
  expect([same.status, await same.text()]).toEqual([304, ''])
  // beside the record of who read
  expect(asked.filter(name => name !== 'BatchExecuteStatement')).toEqual(['BatchGetItem'])
  await user.upload([steps(50, START + DAY_MS)])
  const changed = await get({ 'if-none-match': etag })
  expect(changed.status).toBe(200)
  expect(((await changed.json()) as { days: object[] }).days).toHaveLength(2)
})

test('90 days cost a handful of requests', async () => {
  const user = backend.as(randomUUID())
  await user.upload(Array.from({ length: 90 }, (_, day) => steps(100, START + day * DAY_MS)))
  const cost = async (path: string) => {
    asked.length = 0
    expect((await user.get(path)).status).toBe(200)
    return asked.filter(name => name === 'Query').length
  }
  const period = 'from=2026-03-02&to=2026-05-30'
  expect(await cost(`/summaries/daily?metric=steps&${period}`)).toBe(1)
  expect(await cost(`/health-data?metric=steps&by=hour&${period}`)).toBe(1)
  expect(await cost(`/health-data?metric=steps&by=week&${period}`)).toBe(1)
  expect(await cost(`/sleep?${period}`)).toBe(1)
  expect(await cost(`/rhythm?${period}`)).toBe(1)
  expect(await cost(`/activity?${period}`)).toBe(8)
  expect(await cost(`/heart?${period}`)).toBe(6)
  expect(await cost(`/trends?metric=steps&${period}`)).toBe(1)
})

const EXPORT = new URL('../../../shared/data/apple-health-export/export-with-workout.xml', import.meta.url)

test.skipIf(!existsSync(EXPORT))('a real Apple Health export is read back as measures', async () => {
  const user = backend.as(randomUUID())
  const sent = await user.post('/imports', readFileSync(EXPORT, 'utf8'), 'application/xml')
  expect(sent.status).toBe(202)
  expect(await user.finished(sent.body.upload_id)).toMatchObject({ status: 'processed' })
  const { body } = await user.get('/activity?from=2016-01-01&to=2016-12-31')
  expect(body.workouts).toMatchObject([{ activity_type: expect.stringMatching(/^HKWorkoutActivityType/) }])
  expect(body.steps.value).toBeNull()
})
