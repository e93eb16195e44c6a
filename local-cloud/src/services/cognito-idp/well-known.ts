import type { ServerResponse } from 'node:http'
import type { Service } from '../../core/service.ts'
import { publicJwk } from './jwt.ts'
import type { World } from './world.ts'

/** What is read by plain GET: a pool's key set and discovery document, and the outbox of codes. */
export function wellKnownPaths({ context, pools, outbox }: World): NonNullable<Service['paths']> {
  function document(poolId: string, name: string): object | undefined {
    const pool = pools.find(poolId)
    if (!pool) return undefined
    if (name === 'jwks.json') return { keys: [publicJwk(pool)] }
    const issuer = `${context.endpoint()}/${pool.id}`
    return {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS256'],
      subject_types_supported: ['public'],
      response_types_supported: ['code', 'token'],
      scopes_supported: ['openid', 'email', 'phone', 'profile'],
    }
  }

  return [
    {
      matches: /^\/[\w-]+_[0-9A-Za-z]+\/\.well-known\/(jwks\.json|openid-configuration)$/,
      handle: async (request, response) => {
        const [, poolId = '', , name = ''] = new URL(request.url ?? '/', 'http://localhost').pathname.split(
          '/',
        )
        const found = document(poolId, name)
        writeJson(response, found ? 200 : 404, found ?? { message: `User pool ${poolId} does not exist.` })
      },
    },
    {
      matches: /^\/_cognito\/outbox$/,
      handle: async (request, response) => {
        // a web page that renames itself to 127.0.0.1 still sends its own name here
        if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? ''))
          return writeJson(response, 403, { message: 'the outbox answers to 127.0.0.1 and localhost only' })
        const destination = new URL(request.url ?? '/', 'http://localhost').searchParams.get('destination')
        if (!destination)
          return writeJson(response, 400, { message: 'name a destination: ?destination=<email>' })
        writeJson(response, 200, { messages: outbox.read(destination) })
      },
    },
  ]
}

function writeJson(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}
