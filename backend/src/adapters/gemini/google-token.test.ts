import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createGoogleTokens } from './google-token.ts'

let stop: (() => void) | undefined
afterEach(() => stop?.())

test("the task's role is exchanged for a service account's token, once for as long as that holds", async () => {
  const asked: { url: string; body: Record<string, unknown>; authorization?: string }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const url = request.url ?? ''
    const isForm = url === '/v1/token'
    const body = isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text)
    asked.push({ url, body, authorization: request.headers.authorization })
    const expireTime = new Date(Date.now() + 3_600_000).toISOString()
    const answer = isForm
      ? { access_token: 'federated', token_type: 'Bearer', expires_in: 3600, issued_token_type: 'x' }
      : { accessToken: 'of-the-service-account', expireTime }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stop = () => {
    server.close()
    server.closeAllConnections()
  }
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws'
  const tokens = createGoogleTokens({
    audience,
    serviceAccount: 'insights@p-1.iam.gserviceaccount.com',
    region: 'us-east-1',
    awsCredentials: async () => ({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret',
      sessionToken: 'session',
    }),
    endpoints: { sts: base, iam: base },
  })
  expect(await tokens.token()).toBe('of-the-service-account')
  expect(await tokens.token()).toBe('of-the-service-account')
  expect(asked.map(({ url }) => url)).toEqual([
    '/v1/token',
    '/v1/projects/-/serviceAccounts/insights@p-1.iam.gserviceaccount.com:generateAccessToken',
  ])
  expect(asked[0]?.body).toMatchObject({ audience })
  // what Google sends on to AWS: a signed question who this is, bound to the audience; the secret stays here
  const signed = decodeURIComponent(String(asked[0]?.body.subject_token))
  expect(signed).toContain('GetCallerIdentity')
  expect(signed).toContain(audience)
  expect(signed).not.toContain('"secret"')
  expect(asked[1]?.authorization).toBe('Bearer federated')
})
