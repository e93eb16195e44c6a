import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiPage } from '../../ci-cd/docs/api-page.ts'
import { BACKEND_ASSETS, BACKEND_ENTRY_POINTS } from '../../delivery/src/image/build-image.ts'
import { bundle } from '../../delivery/src/image/bundle.ts'
import { createCognito } from '../../local-cloud/src/services/cognito-idp/cognito.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createS3 } from '../../local-cloud/src/services/s3/s3.ts'
import { createSqs } from '../../local-cloud/src/services/sqs/sqs.ts'
import { startTestCloud, type TestCloud } from '../../local-cloud/src/testing.ts'
import { createPool, type Pool, sentCode } from './cognito-pool.ts'
import { createResources } from './resources.ts'

/** The delivered code, bundled as in the image, as two processes on a small AWS. */
let cloud: TestCloud
let pool: Pool
let env: NodeJS.ProcessEnv
let folder: string
let base: string
const children: ChildProcess[] = []
let output = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clarity-backend-'))
  cloud = await startTestCloud({ services: [createDynamodb, createS3, createSqs, createCognito] })
  pool = await createPool(cloud)
  const names = await createResources(
    {
      dynamodb: new DynamoDBClient(cloud.client),
      s3: new S3Client({ ...cloud.client, forcePathStyle: true }),
      sqs: new SQSClient(cloud.client),
    },
    3,
  )
  env = {
    ENVIRONMENT: 'test',
    RELEASE: 'commit-1',
    PORT: '0',
    HOST: '127.0.0.1',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_ACCESS_KEY_ID: cloud.key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: cloud.key.secretAccessKey,
    SKIP_EXTERNAL_SERVICES: 'true',
    LOG_LEVEL: 'debug',
    TABLE_NAME: names.tableName,
    RAW_BUCKET: names.bucket,
    QUEUE_URL: names.queueUrl,
    USER_POOL_ID: pool.userPoolId,
    USER_POOL_CLIENT_ID: pool.clientId,
    COGNITO_ISSUER: pool.issuer,
  }
  const repositoryRoot = resolve(import.meta.dirname, '../..')
  const { entries } = await bundle({
    repositoryRoot,
    entryPoints: BACKEND_ENTRY_POINTS,
    assets: BACKEND_ASSETS,
  })
  for (const entry of entries) {
    const { name, content } = entry as { name: string; content?: Uint8Array }
    if (content) await writeFile(join(folder, name), content)
    else await mkdir(join(folder, name), { recursive: true })
  }
  start('worker.js')
  const port = await listening(start('api.js'))
  base = `http://127.0.0.1:${port}`
})

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await cloud.dispose()
  await rm(folder, { recursive: true, force: true })
})

test('a person signs up, sends data, reads it back and is told what it shows; the log knows nothing of it', async () => {
  const [email, password] = ['marked-person@clinic.example', 'Marked Password 77123']
  expect((await call('POST', '/api/v1/auth/register', { email, password })).status).toBe(201)
  const code = await sentCode(cloud, email)
  expect((await call('POST', '/api/v1/auth/confirm', { email, code })).status).toBe(200)
  const { body: tokens } = await call('POST', '/api/v1/auth/login', { email, password })
  const token = tokens.access_token as string

  const samples = Array.from({ length: 14 }, (_, daysAgo) => sample(daysAgo))
  const sent = await call('POST', '/api/v1/health-data', { samples }, token)
  expect(sent.status).toBe(202)
  expect(await processed(sent.headers.get('location')!, token)).toMatchObject({
    status: 'processed',
    counts: { accepted: 14, duplicate: 0, rejected: 0 },
  })
  const range = `from=${samples.at(-1)!.start}&to=${new Date().toISOString()}`
  const read = await call('GET', `/api/v1/health-data?metric=steps&${range}`, undefined, token)
  expect(read.body.samples).toEqual([...samples].reverse())

  const insight = await call('POST', '/api/v1/insights', {}, token)
  expect(insight.status).toBe(201)
  expect(insight.body).toMatchObject({ generated_by: 'deterministic', reason: 'skip_external_services' })
  expect(insight.body.narrative).toContain('Steps averaged 77,12')
  expect(insight.body.confidence).toBeGreaterThan(0.9)
  const again = await call('GET', `/api/v1/insights/${insight.body.insight_id}`, undefined, token)
  expect(again.body).toEqual(insight.body)
  const listed = await call('GET', '/api/v1/insights', undefined, token)
  expect(listed.body).toEqual({ insights: [insight.body], next_cursor: null })

  await call('GET', `/api/v1/health-data?metric=marked-metric&from=${email}&to=x`, undefined, token)
  await call('POST', '/api/v1/health-data', { samples: [{ ...samples[0], start: 'marked-start' }] }, token)
  expect(output).toContain('"route":"/api/v1/health-data"')
  expect(output).toContain('"service":"worker"')
  expect(output).not.toMatch(/[Mm]arked|clinic\.example|77123|77,12|eyJ/)
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  expect(output).not.toContain(sub)
})

test('readiness really asks, and the reference page is there, bundled too', async () => {
  const ready = await call('GET', '/health/ready')
  expect(ready).toMatchObject({ status: 200, body: { status: 'ready', release: 'commit-1' } })
  expect(ready.body.checks.map((check: { name: string }) => check.name)).toEqual([
    'table',
    'bucket',
    'queue',
    'identity',
  ])
  const { body: document } = await call('GET', '/openapi.json')
  expect(document.openapi).toBe('3.1.0')
  await expect(apiPage(document)).toMatchFileSnapshot('../../docs/api.md')
  for (const path of ['', '/swagger-ui.css', '/swagger-ui-bundle.js', '/start.js']) {
    expect((await fetch(`${base}/reference${path}`)).status, path).toBe(200)
  }
})

test('both stop in good order', async () => {
  const [worker, api] = children as [ChildProcess, ChildProcess]
  for (const child of [worker, api]) {
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  }
})

function start(script: string): ChildProcess {
  const child = spawn(process.execPath, [script], {
    cwd: join(folder, 'app'),
    env: { PATH: process.env.PATH, ...env },
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
    })
  }
  children.push(child)
  return child
}

function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.on('data', chunk => {
      text += chunk
      const line = text.split('\n').find(line => line.includes('"event":"listening"'))
      if (line) resolve(JSON.parse(line).port)
    })
    child.on('exit', code => reject(new Error(`exited with ${code}: ${output}`)))
  })
}

async function call(method: string, path: string, payload?: object, token?: string) {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(payload && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: payload && JSON.stringify(payload),
  })
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on
  const body: any = await response.json()
  return { status: response.status, headers: response.headers, body }
}

async function processed(path: string, token: string) {
  const deadline = Date.now() + 15_000
  for (;;) {
    const { body } = await call('GET', path, undefined, token)
    if (body.status === 'processed' || body.status === 'failed') return body
    if (Date.now() > deadline) throw new Error(`still ${body.status}: ${output}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

function sample(daysAgo: number) {
  const start = new Date(Date.now() - daysAgo * 86_400_000 - 120_000).toISOString()
  return {
    uuid: randomUUID(),
    type: 'steps',
    value: 77_123,
    unit: 'count',
    start,
    end: new Date(Date.parse(start) + 60_000).toISOString(),
    source: { name: 'Marked Watch' },
    metadata: { note: 'marked-note' },
  }
}
