import { expect, test } from 'vitest'
import { REFERENCE_ASSETS } from '../reference/assets.ts'
import { createTestApp } from '../testing/test-app.ts'

test('the document is OpenAPI 3.1 and describes every route with its schemas, security and problems', async () => {
  const { app } = await createTestApp()
  const answer = await app.inject('/openapi.json')
  expect(answer.statusCode).toBe(200)
  const document = answer.json()
  expect(document.openapi).toBe('3.1.0')
  expect(document.info).toMatchObject({ title: 'Clarity Loop', version: 'test-1' })
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      '/health',
      '/health/ready',
      '/api/v1/auth/login',
      '/api/v1/insights',
      '/api/v1/insights/{id}',
    ]),
  )
  expect(document.paths['/reference']).toBeUndefined()
  const login = document.paths['/api/v1/auth/login'].post
  expect(login.security).toEqual([])
  expect(login.requestBody.content['application/json'].schema.required).toEqual(['email', 'password'])
  const insight = document.paths['/api/v1/insights'].post
  expect(insight.security).toBeUndefined()
  expect(document.security).toEqual([{ bearer: [] }])
  expect(insight.responses[201].content['application/json'].schema.properties.confidence.maximum).toBe(1)
  expect(insight.responses.default.content['application/problem+json'].schema).toEqual({
    $ref: '#/components/schemas/Problem',
  })
  const statuses = (path: string, method: string) => Object.keys(document.paths[path][method].responses)
  expect(statuses('/api/v1/insights/history/{userId}', 'get')).toEqual(
    expect.arrayContaining(['200', '401', '403', '404', '422', '500', '503']),
  )
  expect(statuses('/api/v1/auth/login', 'post')).toEqual(expect.arrayContaining(['400', '413', '415', '422']))
  expect(document.paths['/api/v1/insights/{id}'].get.parameters[0]).toMatchObject({
    name: 'id',
    in: 'path',
    required: true,
  })
  expect(document.components.schemas.Problem.required).toContain('type')
})

test('the reference page and its files come from this server alone', async () => {
  const { app } = await createTestApp()
  const page = await app.inject('/reference')
  expect(page.headers['content-type']).toContain('text/html')
  expect(page.headers['content-security-policy']).toContain("script-src 'self';")
  const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!)
  expect(links).toContain('/reference/swagger-ui-bundle.js')
  for (const url of links) {
    expect(url.startsWith('/'), url).toBe(true)
    expect((await app.inject(url)).statusCode, url).toBe(200)
  }
  expect(page.body).not.toMatch(/<script>|style=/)
  for (const name of REFERENCE_ASSETS)
    expect((await app.inject(`/reference/${name}`)).statusCode, name).toBe(200)
  expect((await app.inject('/reference/package.json')).statusCode).toBe(404)
  expect((await app.inject('/reference/..%2fpackage.json')).statusCode).toBe(404)
})
