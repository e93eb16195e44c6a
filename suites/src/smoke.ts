import { type Check, expectEqual } from './suite.ts'

export interface SmokeTarget {
  /** Without a trailing slash. */
  baseUrl: string
  /** The release that must answer; any when absent. */
  release?: string
}

/** The header in which every answer names the release that gave it. */
export const RELEASE_HEADER = 'x-clarity-release'

/**
 * What must hold before a release takes traffic, in a second or two and without leaving anything behind:
 * it is the right release, its dependencies answer, it describes itself, and it keeps strangers out.
 */
export function smoke({ baseUrl, release }: SmokeTarget): Check[] {
  const get = (path: string, signal: AbortSignal) => fetch(baseUrl + path, { signal, redirect: 'manual' })
  const post = (path: string, body: string, signal: AbortSignal) =>
    fetch(baseUrl + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal })

  return [
    {
      name: 'is alive and is the expected release',
      run: async signal => {
        const answer = await get('/health', signal)
        expectEqual('status of GET /health', answer.status, 200)
        if (release) expectEqual(RELEASE_HEADER, answer.headers.get(RELEASE_HEADER), release)
      },
    },
    {
      name: 'is ready: every dependency answers',
      run: async signal => {
        const answer = await get('/health/ready', signal)
        const { checks } = (await answer.json()) as {
          checks: { name: string; status: string; reason?: string }[]
        }
        const failed = checks
          .filter(check => check.status !== 'ok')
          .map(check => `${check.name}: ${check.reason}`)
        if (failed.length > 0) throw new Error(`not ready: ${failed.join('; ')}`)
        expectEqual('status of GET /health/ready', answer.status, 200)
      },
    },
    {
      name: 'describes itself',
      run: async signal => {
        const answer = await get('/openapi.json', signal)
        expectEqual('status of GET /openapi.json', answer.status, 200)
        const { paths } = (await answer.json()) as { paths: Record<string, unknown> }
        for (const path of ['/api/v1/health-data', '/api/v1/insights'])
          if (!paths[path]) throw new Error(`the OpenAPI document lacks ${path}`)
        const page = await get('/reference', signal)
        expectEqual('status of GET /reference', page.status, 200)
      },
    },
    {
      name: 'keeps strangers out',
      run: async signal => {
        for (const path of ['/api/v1/health-data?metric=heart_rate', '/api/v1/insights', '/api/v1/uploads/x'])
          expectEqual(`status of GET ${path} without a token`, (await get(path, signal)).status, 401)
        const forged = await fetch(`${baseUrl}/api/v1/metrics`, {
          headers: { authorization: 'Bearer e30.e30.e30' },
          signal,
        })
        expectEqual('status with a forged token', forged.status, 401)
      },
    },
    {
      name: 'refuses bad input with a problem body',
      run: async signal => {
        const answer = await post('/api/v1/auth/login', '{"email": ', signal)
        expectEqual('status of malformed JSON', answer.status, 400)
        expectEqual(
          'its media type',
          answer.headers.get('content-type')?.split(';')[0],
          'application/problem+json',
        )
        const missing = await get('/no-such-page', signal)
        expectEqual('status of an unknown path', missing.status, 404)
      },
    },
  ]
}
