import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RestHandler, ServiceContext } from '../../core/service.ts'
import type { Authorization } from './authorization.ts'
import type { Images } from './images.ts'
import type { Layers } from './layers.ts'
import type { Records } from './records.ts'
import { createReferrerRoutes } from './referrers.ts'
import { createBlobRoutes } from './registry-blobs.ts'
import { RegistryError, toRegistryError } from './registry-error.ts'
import { createManifestRoutes } from './registry-manifests.ts'
import { REPOSITORY_NAME } from './repositories.ts'

/** What the routes of the registry protocol share. */
export interface RegistryParts {
  records: Records
  authorization: Authorization
  layers: Layers
  images: Images
}

/** One request to a route: the repository exists and the caller may. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  /** The repository's name; empty for the catalogue. */
  name: string
  /** The last part of the path: a digest, a tag or an upload's id. */
  reference: string
}

/** Routes by `METHOD kind`, such as `PUT manifests`. */
export type Routes = Record<string, (exchange: Exchange) => void | Promise<void>>

const PATHS: [kind: string, path: RegExp][] = [
  ['base', /^\/v2\/?$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['uploads', new RegExp(`^/v2/(?<name>${REPOSITORY_NAME})/blobs/uploads/?$`)],
  ['upload', new RegExp(`^/v2/(?<name>${REPOSITORY_NAME})/blobs/uploads/(?<reference>[0-9a-f-]{36})$`)],
  ['blobs', new RegExp(`^/v2/(?<name>${REPOSITORY_NAME})/blobs/(?<reference>[^/]+)$`)],
  ['manifests', new RegExp(`^/v2/(?<name>${REPOSITORY_NAME})/manifests/(?<reference>[^/]+)$`)],
  ['referrers', new RegExp(`^/v2/(?<name>${REPOSITORY_NAME})/referrers/(?<reference>sha256:[0-9a-f]{64})$`)],
  ['tags', new RegExp(`^/v2/(?<name>${REPOSITORY_NAME})/tags/list$`)],
]

/**
 * The OCI distribution protocol, as Docker, skopeo and our own pusher speak it.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md
 */
export function createRegistry(context: ServiceContext, parts: RegistryParts): RestHandler {
  const { records, authorization } = parts
  const routes: Routes = {
    'GET base': ({ response }) => void sendJson(response, 200, {}),
    ...createBlobRoutes(parts),
    ...createManifestRoutes(parts),
    ...createReferrerRoutes(parts),
  }

  return async (request, response, { requestId }) => {
    const url = new URL(request.url ?? '/', context.endpoint())
    response.setHeader('docker-distribution-api-version', 'registry/2.0')
    try {
      await serve(request, response, url)
    } catch (error) {
      const left = response.destroyed || (request.destroyed && !request.complete)
      if (left) return void response.destroy()
      const told = toRegistryError(error)
      if (!told)
        context.log('ecr', 'internal error', { requestId, error: (error as Error).stack ?? String(error) })
      refuse(
        request,
        response,
        told ?? new RegistryError(500, 'UNKNOWN', `internal error; the cloud log has request ${requestId}`),
      )
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    for (const [kind, path] of PATHS) {
      const found = path.exec(url.pathname)
      if (!found) continue
      const { name = '', reference = '' } = found.groups ?? {}
      const lent = kind === 'blobs' && authorization.checkLayer(name, reference, url.searchParams)
      if (!lent) authenticate(request)
      const route = routes[`${request.method} ${kind}`]
      if (!route)
        throw new RegistryError(405, 'UNSUPPORTED', `the registry does not do ${request.method} on ${kind}`)
      if (name) records.repository(name)
      return await route({ request, response, url, name, reference })
    }
    authenticate(request)
    throw new RegistryError(404, 'NAME_INVALID', `the registry has no path '${url.pathname}'`)
  }

  function authenticate(request: IncomingMessage): void {
    const proof = authorization.check(request.headers.authorization)
    if (proof.kind === 'allowed') return
    if (proof.kind === 'expired')
      throw new RegistryError(
        403,
        'DENIED',
        'Your authorization token has expired. Reauthenticate and try again.',
      )
    throw new RegistryError(
      401,
      'UNAUTHORIZED',
      'Not Authorized: send user AWS with a password of GetAuthorizationToken',
      {
        'www-authenticate': `Basic realm="${context.endpoint()}/",service="ecr.amazonaws.com"`,
      },
    )
  }
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  type = 'application/json',
): void {
  response.statusCode = status
  response.setHeader('content-type', type)
  response.end(JSON.stringify(body))
}

function refuse(request: IncomingMessage, response: ServerResponse, error: RegistryError): void {
  if (response.headersSent) return void response.destroy()
  for (const [header, value] of Object.entries(error.headers)) response.setHeader(header, value)
  // The rest of a refused upload is read and dropped, so that the client gets to the answer.
  request.resume()
  const { code, message } = error
  sendJson(response, error.status, { errors: [{ code, message, detail: {} }] })
}
