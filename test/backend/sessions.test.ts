import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCognitoAccounts } from '../../backend/src/adapters/cognito/accounts.ts'
import { createTokenVerifier } from '../../backend/src/adapters/cognito/token-verifier.ts'
import { createErasureStore } from '../../backend/src/adapters/dynamodb/erasure-store.ts'
import { createSessionStore } from '../../backend/src/adapters/dynamodb/session-store.ts'
import { createApp } from '../../backend/src/api/app.ts'
import { createSessionGate, TRUST_MS } from '../../backend/src/api/sessions/gate.ts'
import { sessionRoutes } from '../../backend/src/api/sessions/routes.ts'
import { createLog } from '../../backend/src/logging.ts'
import { createCognito } from '../../local-cloud/src/services/cognito-idp/cognito.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { startTestCloud, type TestCloud } from '../../local-cloud/src/testing.ts'
import { createPool, type Pool, sentCode } from './cognito-pool.ts'
import { createTable } from './resources.ts'

const PASSWORD = 'a long enough Password 7'
let cloud: TestCloud
let pool: Pool
let dynamodb: DynamoDBClient
let shift = 0
const clock = { now: () => Date.now() + shift }
/** Two tasks of the service. */
let one: FastifyInstance
let two: FastifyInstance

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createCognito, createDynamodb] })
  dynamodb = new DynamoDBClient(cloud.client)
  pool = await createPool(cloud)
  await createTable(dynamodb, 'data')
  one = await task()
  two = await task()
})
afterAll(() => cloud.dispose())

test('a session is listed where it is used, and ended here at once, elsewhere within 15 seconds', async () => {
  const email = await person('a')
  const phone = await signIn(email)
  const watch = await signIn(email)
  expect((await ask(one, 'GET', '/whoami', phone.access_token)).status).toBe(200)
  expect((await ask(two, 'GET', '/whoami', watch.access_token, 'Watch/1.0')).status).toBe(200)
  expect((await ask(one, 'GET', '/whoami', watch.access_token)).status).toBe(200)
  const { body } = await ask(one, 'GET', '/sessions', phone.access_token)
  expect(body.sessions).toHaveLength(2)
  const other = body.sessions.find((each: { current: boolean }) => !each.current)
  expect((await ask(one, 'DELETE', '/sessions/no-such-one', phone.access_token)).status).toBe(404)
  expect((await ask(one, 'DELETE', `/sessions/${other.session_id}`, phone.access_token)).status).toBe(204)

  const ended = { status: 401, body: { type: 'invalid_token' } }
  expect(await ask(one, 'GET', '/whoami', watch.access_token)).toMatchObject(ended)
  shift += TRUST_MS
  expect(await ask(two, 'GET', '/whoami', watch.access_token)).toMatchObject(ended)
  const renewed = await ask(two, 'POST', '/auth/refresh', '', '', { refresh_token: watch.refresh_token })
  expect(renewed.status).toBe(401)
  expect((await ask(two, 'GET', '/whoami', phone.access_token)).status).toBe(200)
  expect((await ask(two, 'GET', '/sessions', phone.access_token)).body.sessions).toHaveLength(1)
})

test('signing out everywhere ends what was signed in, and nothing that comes after', async () => {
  // Sign-in is timed by the user pool's own clock.
  shift = 0
  const email = await person('b')
  const before = await signIn(email)
  await ask(one, 'GET', '/whoami', before.access_token)
  expect((await ask(one, 'DELETE', '/sessions', before.access_token)).status).toBe(204)
  expect((await ask(one, 'GET', '/whoami', before.access_token)).status).toBe(401)
  expect((await ask(two, 'GET', '/whoami', before.access_token)).status).toBe(401)
  const renewed = await ask(one, 'POST', '/auth/refresh', '', '', { refresh_token: before.refresh_token })
  expect(renewed.status).toBe(401)
  expect((await ask(one, 'GET', '/whoami', (await signIn(email)).access_token)).status).toBe(200)
})

test("an erased account's token is answered 410", async () => {
  const { access_token } = await signIn(await person('c'))
  const { body } = await ask(one, 'GET', '/whoami', access_token)
  await createErasureStore({ client: dynamodb, tableName: 'data' }).begin(body.id, 'erasure', 'now')
  expect((await ask(two, 'GET', '/whoami', access_token)).status).toBe(410)
})

async function task(): Promise<FastifyInstance> {
  const { clientId, issuer } = pool
  const log = createLog({ level: 'silent', release: 'test', environment: 'test', service: 'api' })
  const inTable = { client: dynamodb, tableName: 'data' }
  const sessions = createSessionStore(inTable)
  const gate = createSessionGate({ sessions, erasures: createErasureStore(inTable), clock, log })
  const accounts = createCognitoAccounts({
    client: new CognitoIdentityProviderClient(cloud.client),
    clientId,
  })
  return createApp({
    release: 'test',
    log,
    tokens: createTokenVerifier({ issuer, clientId }),
    auth: { accounts },
    guard: { gate, clock },
    insights: {} as never,
    checks: [],
    routes: [
      async api => void api.get('/whoami', async request => request.user),
      sessionRoutes({ sessions, gate, accounts, log }),
    ],
    strictResponses: true,
  })
}

async function person(name: string): Promise<string> {
  const email = `${name}@clinic.example`
  await ask(one, 'POST', '/auth/register', '', '', { email, password: PASSWORD })
  await ask(one, 'POST', '/auth/confirm', '', '', { email, code: await sentCode(cloud, email) })
  return email
}

async function signIn(email: string): Promise<{ access_token: string; refresh_token: string }> {
  return (await ask(one, 'POST', '/auth/login', '', '', { email, password: PASSWORD })).body
}

async function ask(
  app: FastifyInstance,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  token: string,
  agent = 'Phone/1.0',
  payload?: object,
) {
  const headers = { 'user-agent': agent, ...(token && { authorization: `Bearer ${token}` }) }
  const answer = await app.inject({ method, url: `/api/v1${path}`, headers, payload })
  return { status: answer.statusCode, body: answer.body ? answer.json() : undefined }
}
