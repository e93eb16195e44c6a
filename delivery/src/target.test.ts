import { expect, test } from 'vitest'
import { chooseTarget } from './target.ts'

test('a rehearsal puts every environment onto the local cloud, side by side and over HTTP', () => {
  const variables = { CLARITY_REHEARSE: '38020', CLARITY_AWS_PORT: '34566' }
  const [dev, staging] = ['dev', 'staging'].map(name => chooseTarget(name, '/checkout', variables))
  expect(dev).toMatchObject({
    onLocalCloud: true,
    environment: {
      name: 'dev',
      endpoint: 'http://127.0.0.1:34566',
      loadBalancer: {
        baseUrl: 'http://127.0.0.1:38021',
        testBaseUrl: 'http://127.0.0.1:38031',
        production: { port: 38_021, protocol: 'HTTP' },
        test: { port: 38_031, protocol: 'HTTP' },
      },
      backend: { skipExternalServices: true },
    },
  })
  expect(staging?.environment.loadBalancer.production.port).toBe(38_022)
})

test('without a rehearsal an environment is on AWS, as the profile of its account', () => {
  const target = chooseTarget('staging', '/checkout', { CLARITY_PROFILE_STAGING: 'clarity-staging' })
  expect(target).toMatchObject({ speed: 1, profile: 'clarity-staging' })
  expect(target.onLocalCloud).toBeUndefined()
  expect(target.environment.endpoint).toBeUndefined()
  expect(target.environment.loadBalancer.production.protocol).toBe('HTTPS')
})
