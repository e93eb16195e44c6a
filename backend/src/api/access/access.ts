import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { GrantStore } from '../../adapters/dynamodb/grant-store.ts'
import type { Clock } from '../../domain/clock.ts'
import { grants as permits } from '../../domain/grant.ts'
import type { Log } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import type { RequestUser } from '../request-user.ts'
import { dependency } from '../upload-intake.ts'
import { isShared, metricsRead } from './shared-reads.ts'

/** Whose data a request is about, and by what right. */
export interface Access {
  /** Whose data: every store is asked by this id and no other, so that ids of other people's things lead nowhere. */
  subject: RequestUser
  /** Who asks. */
  actor: RequestUser
  /** The grant that lets the actor read another's data. */
  grantId?: string
}

export interface AccessDeps {
  /** @default nobody shares anything */
  grants?: Pick<GrantStore, 'of'>
  clock: Clock
  log: Log
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, and by what right; `user` is whose data it is about. */
    access: Access
  }
}

/**
 * The one place that decides what a signed-in person may reach: their own data, always and on every route; with
 * `?subject=` another's, on the routes and for the metrics that a grant of that person names, as long as it stands.
 * Anything else reads as though nothing were there.
 * @throws Problem 404 `not_found`
 */
export async function decideAccess(
  deps: AccessDeps,
  actor: RequestUser,
  { method, route, query }: { method: string; route: string; query: unknown },
): Promise<Access> {
  if (isOwn(actor, query)) return { subject: actor, actor }
  const { subject } = query as { subject?: unknown }
  if (typeof subject !== 'string' || subject.length > 100 || !deps.grants || !isShared(method, route))
    throw nothingThere()
  const metrics = metricsRead(route, query)
  if (metrics.length === 0) throw nothingThere()
  const { grants } = deps
  const given = await dependency(deps, 'table', () => grants.of(subject, actor.id))
  const now = deps.clock.now()
  const grant = given.find(each => permits(each, { grantee: actor.id, metrics, now }))
  if (!grant) throw nothingThere()
  return { subject: { id: subject }, actor, grantId: grant.id }
}

/** Decides for every route of a scope, once its requests are known to be of somebody; `request.user` is the subject. */
export function decideAccesses(scope: FastifyInstance, deps: AccessDeps): void {
  scope.addHook('onRoute', route => {
    const method = [route.method].flat()[0] ?? ''
    const querystring = route.schema?.querystring as Type.TObject | undefined
    if (!isShared(method, route.url) || !querystring) return
    // A copy by its members would no longer be known as a schema, and numbers would stay texts.
    const shared = Type.Object({ ...querystring.properties, subject: SUBJECT })
    route.schema = { ...route.schema, querystring: shared }
  })
  scope.addHook('onRequest', (request, _reply, done) => {
    const actor = request.user
    if (isOwn(actor, request.query)) {
      request.access = { subject: actor, actor }
      return done()
    }
    decideAccess(deps, actor, askedOf(request)).then(access => {
      request.access = access
      request.user = access.subject
      done()
    }, done)
  })
}

/** Whether a person asks for what is their own. */
function isOwn(actor: RequestUser, query: unknown): boolean {
  const subject = (query as { subject?: unknown } | undefined)?.subject
  return subject === undefined || subject === actor.id
}

function askedOf({ method, routeOptions, query }: FastifyRequest) {
  return { method, route: routeOptions.url ?? '', query }
}

const SUBJECT = Type.Optional(
  Type.String({
    maxLength: 100,
    description: 'Whose data, by user id, where that person has granted it. Default: your own.',
  }),
)

function nothingThere(): Problem {
  return new Problem(
    404,
    'not_found',
    'Not found',
    'there is nothing here for you; what was shared may have ended',
  )
}
