import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, TOKEN, USER } from '../../backend/src/api/testing/test-app.ts'
import { type Backend, startBackend } from './harness.ts'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
  void backend.worker().start()
})
afterAll(() => backend.dispose())

/** How the first client reads a date: ISO 8601 with a zone and without a fraction. */
const SWIFT_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

test("the first client's metrics become samples, once, and made-up sleep times are refused", async () => {
  const id = randomUUID()
  const user = backend.as(id)
  const metric = (type: string, more: object) => ({
    metric_id: randomUUID().toUpperCase(),
    metric_type: type,
    created_at: '2026-03-01T08:00:00Z',
    device_id: 'com.apple.health',
    ...more,
  })
  const body = {
    user_id: id.toUpperCase(),
    metrics: [
      metric('heart_rate', { biometric_data: { heart_rate: 61, blood_glucose: null } }),
      metric('activity_level', { activity_data: { steps: 4000, vo2_max: 41.5, active_minutes: 30 } }),
      metric('sleep_analysis', { sleep_data: { total_sleep_minutes: 420 } }),
    ],
    upload_source: 'apple_health',
    client_timestamp: '2026-03-01T09:00:00Z',
  }
  const sent = await user.post('/health-data/upload', body)
  // A 202 always throws in that client.
  expect(sent).toMatchObject({
    status: 200,
    body: { status: 'received', accepted_metrics: 2, rejected_metrics: 1 },
  })
  expect(sent.body.timestamp).toMatch(SWIFT_DATE)
  expect(sent.body.validation_errors).toEqual([
    'metrics/1: active_minutes is not stored',
    'metrics/2: sleep totals are not stored; send sleep_analysis samples with their times',
  ])
  expect(await user.finished(sent.body.processing_id)).toMatchObject({ counts: { accepted: 3 } })
  expect((await user.post('/health-data/upload', body)).body.processing_id).toBe(sent.body.processing_id)
  const { body: days } = await user.get('/summaries/daily?metric=steps&from=2026-03-01&to=2026-03-01')
  expect(days.days).toMatchObject([{ sum: 4000 }])
  expect((await user.post('/health-data/upload', { ...body, user_id: randomUUID() })).status).toBe(403)
  const nothing = { ...body, metrics: [body.metrics[2]] }
  expect((await user.post('/health-data/upload', nothing)).body.errors[0].code).toBe('nothing_to_store')
})

test('HealthKit samples as the earlier backend took them, and rhythm under the name of what it is', async () => {
  const id = randomUUID()
  const user = backend.as(id)
  const none = await user.post('/pat/analysis', { data_points: [], sampling_rate: 1, duration_hours: 24 })
  expect(none).toMatchObject({ status: 200, body: { status: 'failed', analysis: null } })
  expect(none.body.error_message).toMatch(/^needs 3 days/)
  const quantity_samples = Array.from({ length: 4 }, (_, day) => {
    const start = new Date(Date.now() - (day + 1) * 86_400_000).toISOString()
    return {
      identifier: 'HKQuantityTypeIdentifierStepCount',
      type: 'quantity',
      value: 500,
      unit: 'count',
      start_date: start,
      end_date: start,
      source_name: 'iPhone',
    }
  })
  const bad = { ...quantity_samples[0], identifier: 'HKQuantityTypeIdentifierMood', type: 'mood' }
  const sent = await user.post('/healthkit', { user_id: id, quantity_samples: [...quantity_samples, bad] })
  expect(sent).toMatchObject({ status: 200, body: { status: 'queued', samples_accepted: 4 } })
  expect(sent.body.validation_errors).toHaveLength(1)
  expect(await user.finished(sent.body.upload_id)).toMatchObject({ counts: { accepted: 4 } })
  const { body } = await user.post('/pat/analysis', {})
  expect(body).toMatchObject({ status: 'completed', method: expect.stringContaining('step-based') })
  expect(body.pat_features).toMatchObject({ interdaily_stability: expect.any(Number), relative_amplitude: 1 })
})

test('insights in the envelope of the first client', async () => {
  const summary = { metric: 'steps', unit: 'count', count: 1, min: 9, max: 9, mean: 9, sum: 9000 }
  const { app } = await createTestApp({
    summaries: ['2026-11-22', '2026-11-23', '2026-11-24'].map(date => ({ ...summary, date })),
  })
  const headers = { authorization: `Bearer ${TOKEN}` }
  const payload = {
    analysis_results: { daily_steps: 1 },
    insight_type: 'daily_summary',
    include_recommendations: true,
  }
  const made = await app.inject({ method: 'POST', url: '/api/v1/insights/generate', headers, payload })
  expect(made.json()).toMatchObject({ success: true, data: { user_id: USER, recommendations: [] } })
  expect(made.json().data.generated_at).toMatch(SWIFT_DATE)
  const history = await app.inject({ url: `/api/v1/insights/history/${USER}?limit=1`, headers })
  expect(history.json().data).toMatchObject({
    total_count: 1,
    has_more: false,
    pagination: { page: 1, limit: 1 },
  })
  const other = await app.inject({ url: `/api/v1/insights/history/${randomUUID()}`, headers })
  expect(other.statusCode).toBe(403)
})
