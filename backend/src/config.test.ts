import { expect, test } from 'vitest'
import { ApiEnvironment, apiConfig, ConfigError, WorkerEnvironment, workerConfig } from './config.ts'
import { configurationPage } from './configuration-page.ts'

const ENV = {
  ENVIRONMENT: 'local',
  RELEASE: 'abc123',
  AWS_REGION: 'us-east-1',
  TABLE_NAME: 'clarity-local',
  RAW_BUCKET: 'clarity-raw-local',
  QUEUE_URL: 'http://127.0.0.1:4566/124355672559/uploads.fifo',
  USER_POOL_ID: 'us-east-1_AbC123',
  USER_POOL_CLIENT_ID: 'client1',
}

test('defaults fill what is left out, and an empty variable counts as left out', () => {
  expect(apiConfig({ ...ENV, GEMINI_API_KEY: '', PORT: '' })).toMatchObject({
    port: 8000,
    host: '0.0.0.0',
    logLevel: 'info',
    issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123',
    skipExternalServices: false,
    stopDeadlineMs: 8000,
    gemini: { apiKey: undefined, model: 'gemini-2.5-pro', baa: false },
  })
  expect(apiConfig({ ...ENV, COGNITO_ISSUER: 'http://127.0.0.1:4566/pool/' }).issuer).toBe(
    'http://127.0.0.1:4566/pool',
  )
  expect(workerConfig({ ...ENV, STOP_TIMEOUT_SECONDS: '60' }).stopDeadlineMs).toBe(58_000)
})

test.each(Object.keys(ENV).filter(name => name !== 'USER_POOL_CLIENT_ID'))('a missing %s is named', name => {
  expect(() => apiConfig({ ...ENV, [name]: undefined })).toThrow(`${name} is missing`)
})

test('every fault is named in one line, without a value', () => {
  const env = {
    ...ENV,
    PORT: 'eighty-secret',
    LOG_LEVEL: 'loud-secret',
    QUEUE_URL: 'not-a-url-secret',
    TABLE_NAME: undefined,
  }
  let message = ''
  try {
    apiConfig(env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    message = (error as Error).message
  }
  for (const name of [
    'PORT is malformed',
    'LOG_LEVEL is malformed',
    'QUEUE_URL is malformed',
    'TABLE_NAME is missing',
  ]) {
    expect(message).toContain(name)
  }
  expect(message).not.toMatch(/secret|\n/)
  expect(() => apiConfig({ ...ENV, PORT: '70000' })).toThrow('PORT is malformed')
})

test('Vertex AI needs all of its variables, or none', () => {
  const vertex = {
    GEMINI_VERTEX_PROJECT: 'clarity-prod',
    GEMINI_VERTEX_LOCATION: 'us-central1',
    GEMINI_VERTEX_AUDIENCE:
      '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws',
    GEMINI_VERTEX_SERVICE_ACCOUNT: 'insights@clarity-prod.iam.gserviceaccount.com',
  }
  expect(apiConfig({ ...ENV, ...vertex }).gemini.vertex).toMatchObject({ location: 'us-central1' })
  expect(() => apiConfig({ ...ENV, ...vertex, GEMINI_VERTEX_AUDIENCE: '' })).toThrow(
    'GEMINI_VERTEX_AUDIENCE is missing',
  )
})

test('the worker needs the user pool, whose users it erases, and none of its clients', () => {
  const { USER_POOL_ID, USER_POOL_CLIENT_ID, ...rest } = ENV
  expect(workerConfig({ ...rest, USER_POOL_ID }).userPoolId).toBe(USER_POOL_ID)
  expect(() => workerConfig(rest)).toThrow('USER_POOL_ID is missing')
})

test('every variable is documented', async () => {
  for (const schema of [ApiEnvironment, WorkerEnvironment]) {
    for (const [name, { description }] of Object.entries(
      schema.properties as Record<string, { description?: string }>,
    )) {
      expect(description?.length, name).toBeGreaterThan(10)
    }
  }
  expect(Object.keys(ApiEnvironment.properties)).toEqual(
    expect.arrayContaining(Object.keys(WorkerEnvironment.properties)),
  )
  await expect(configurationPage()).toMatchFileSnapshot('../../docs/configuration.md')
})
