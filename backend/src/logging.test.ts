import { expect, test } from 'vitest'
import { createLog, type LogFields } from './logging.ts'

function record() {
  const lines: string[] = []
  const log = createLog({
    level: 'info',
    release: 'r1',
    environment: 'test',
    service: 'api',
    destination: { write: line => void lines.push(line) },
  })
  return { log, last: () => JSON.parse(lines.at(-1) ?? '{}'), lines }
}

test('a line holds allow-listed fields that look as they should, and nothing else', () => {
  const { log, last } = record()
  const fields = {
    status: 200,
    route: '/api/v1/uploads/:id',
    email: 'a@b.example',
    body: { value: 72 },
  } as LogFields
  log.info('done', fields)
  expect(last()).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    service: 'api',
    environment: 'test',
    release: 'r1',
    status: 200,
    route: '/api/v1/uploads/:id',
    event: 'done',
  })
  log.info('done', { reason: 'heart rate was 72', status: 'many' } as unknown as LogFields)
  expect(last()).toMatchObject({ reason: 'dropped', status: 'dropped' })
})

test('an error is logged by type, code, SDK status and stack, with its cause, without messages', () => {
  const { log, last, lines } = record()
  const cause = Object.assign(new Error('value 72.125 of a@b.example'), { code: 'ECONNREFUSED' })
  const error = Object.assign(new TypeError('sample 72.125 is bad\n    at 72.125 nowhere', { cause }), {
    $metadata: { httpStatusCode: 400, requestId: 'q1' },
  })
  log.error('failed', { error })
  expect(last().error).toMatchObject({
    type: 'TypeError',
    http_status: 400,
    aws_request_id: 'q1',
    cause: { type: 'Error', code: 'ECONNREFUSED' },
  })
  expect(last().error.stack[0]).toContain('logging.test.ts')
  expect(lines.join()).not.toMatch(/72\.125|example/)
  log.error('failed', { error: 'just text 72' })
  expect(last().error).toEqual({ type: 'string' })
})

test('a request line is a metric in the Embedded Metric Format', () => {
  const { log, last } = record()
  log.request({ status: 503, duration_ms: 1.5, route: '/x' })
  expect(last()).toMatchObject({
    event: 'request',
    duration_ms: 1.5,
    server_errors: 1,
    environment: 'test',
    service: 'api',
  })
  const [metric] = last()._aws.CloudWatchMetrics
  for (const name of [...metric.Dimensions[0], ...metric.Metrics.map((m: { Name: string }) => m.Name)]) {
    expect(last()).toHaveProperty(name)
  }
})

test('a user is logged as a hash that holds within one log and not across', () => {
  const [one, two] = [record().log, record().log]
  expect(one.user('user-1')).toBe(one.user('user-1'))
  expect(one.user('user-1')).not.toBe(two.user('user-1'))
  expect(one.user('user-1')).toMatch(/^[\w-]{10}$/)
})
