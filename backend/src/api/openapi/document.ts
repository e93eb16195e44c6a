import type { FastifyInstance, FastifyPluginAsync, RouteOptions } from 'fastify'
import { PROBLEM_JSON } from '../problem-answers.ts'
import { usualProblems } from './usual-problems.ts'

/**
 * `GET /openapi.json`: the OpenAPI 3.1 document of the routes registered after this call, made from their own schemas.
 * It is made when first asked for, since a starting process has better things to do.
 * @returns the plugin with the route itself, to be registered last
 */
export async function documentRoutes(app: FastifyInstance, release: string): Promise<FastifyPluginAsync> {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', route => {
    if (route.method !== 'HEAD' && !route.schema?.hide) routes.push(route)
  })
  let document: Promise<string> | undefined
  return async scope => {
    scope.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
      document ??= describe(routes, release)
      return reply.type('application/json; charset=utf-8').send(await document)
    })
  }
}

/** Replays the routes, without their handlers, into an application that exists only to be described. */
async function describe(routes: RouteOptions[], release: string): Promise<string> {
  const [{ default: Fastify }, { default: swagger }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger'),
  ])
  const app = Fastify({ logger: false, exposeHeadRoutes: false })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => JSON.stringify)
  await app.register(swagger, { openapi: info(release), convertConstToEnum: false })
  for (const { method, url, schema, config } of routes) {
    const described = withProblems(schema, { ...usualProblems({ url, schema }), ...config?.problems })
    app.route({ method, url, schema: described, handler: async () => undefined })
  }
  await app.ready()
  const text = JSON.stringify(app.swagger())
  await app.close()
  return text
}

function info(release: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Clarity Loop',
      version: release,
      description:
        'Takes health data in, gives it back as it was sent, and says what it shows. Errors are problem documents ' +
        '(RFC 9457); `type` is stable. Times are RFC 3339 with an offset, days are local dates.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'health', description: 'Is it running, is it ready' },
      { name: 'auth', description: 'Sign-up, sign-in, recovery and second factors' },
      { name: 'health data', description: 'Samples in and out' },
      { name: 'measures', description: 'What the data shows, by published methods' },
      { name: 'events', description: 'Progress as it happens' },
      { name: 'earlier clients', description: 'Paths of the earlier iOS clients, until those are gone' },
      { name: 'sharing', description: 'Who may read what, and who has' },
      { name: 'account', description: 'Taking all data along, and erasing it' },
      { name: 'insights', description: 'What the data shows, in words' },
    ],
    security: [{ bearer: [] }],
    components: {
      securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: PROBLEM },
    },
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Problems that a route answers with: by status, the types and what they mean. */
    problems?: Record<number, string>
  }
}

function withProblems(
  schema: RouteOptions['schema'],
  problems: Record<number, string> = {},
): RouteOptions['schema'] {
  const given = (schema?.response ?? {}) as Record<string, unknown>
  const { $ref: problem, ...answer } = {
    $ref: '#/components/schemas/Problem',
    description: 'A problem document: what is wrong, where, and what to do',
  }
  const content = { [PROBLEM_JSON.split(';')[0] ?? '']: { schema: { $ref: problem } } }
  const named = Object.entries(problems).map(([status, description]) => [status, { description, content }])
  return {
    ...schema,
    response: { ...Object.fromEntries(named), ...given, default: { ...answer, content } },
  }
}

const PROBLEM = {
  type: 'object' as const,
  required: ['type', 'title', 'status', 'detail', 'instance', 'message', 'errors'],
  properties: {
    type: { type: 'string' as const, description: 'Stable: validation_error, invalid_token, not_found, …' },
    title: { type: 'string' as const },
    status: { type: 'integer' as const },
    detail: { type: 'string' as const },
    instance: { type: 'string' as const, description: 'The path that was asked for' },
    message: { type: 'string' as const, description: 'The detail once more, for older clients' },
    errors: {
      type: 'array' as const,
      items: {
        type: 'object' as const,
        required: ['field', 'message', 'code'],
        properties: {
          field: { type: 'string' as const, description: 'Path into the body, such as samples/3/type' },
          message: { type: 'string' as const },
          code: { type: 'string' as const },
        },
      },
    },
  },
}
