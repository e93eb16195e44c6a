import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { GrantStore } from '../../adapters/dynamodb/grant-store.ts'
import type { Clock } from '../../domain/clock.ts'
import { type Grant, grantStatus } from '../../domain/grant.ts'
import { parseInstant } from '../../domain/instant.ts'
import type { Log } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import { metricNamed } from '../metrics/metric-named.ts'
import { dependency } from '../upload-intake.ts'
import { validationProblem } from '../validation.ts'

export interface GrantDeps {
  grants: GrantStore
  clock: Clock
  log: Log
  newId: () => string
}

/** Longest that a grant lasts: a year, then it has to be given again. */
const LONGEST_MS = 366 * 24 * 3_600_000
/** Most grants of one person that are active. */
const MOST = 100

/** `POST`, `GET` and `DELETE /grants`: a person lets another read named metrics until a time, and takes it back. */
export function grantRoutes(deps: GrantDeps): FastifyPluginAsyncTypebox {
  const owned = (owner: string) => dependency(deps, 'table', () => deps.grants.of(owner))
  return async app => {
    app.post(
      '/grants',
      {
        schema: {
          tags: ['sharing'],
          summary: 'Let somebody read some of your metrics',
          description:
            'The person, such as a clinician, tells you their user id (GET /api/v1/auth/me) and you tell them yours; they then read with ?subject=. ' +
            'An answer that is made of several metrics needs all of them. Whether there is such a person is not checked, and not told.',
          body: NewGrant,
          response: { 201: GrantView },
        },
        config: { problems: { 409: 'too_many_grants: revoke one first.' } },
      },
      async (request, reply) => {
        const now = deps.clock.now()
        const { grantee_id: grantee, label } = request.body
        const owner = request.user.id
        if (grantee === owner)
          throw validationProblem([{ field: 'grantee_id', message: 'is you', code: 'own_id' }])
        const metrics = [...new Set(request.body.metrics.map(name => metricNamed(name).name))].sort()
        const expiresAt = new Date(expiryOf(request.body.expires_at, now)).toISOString()
        const active = (await owned(owner)).filter(each => grantStatus(each, now) === 'active')
        if (active.length >= MOST)
          throw new Problem(409, 'too_many_grants', 'Too many grants', `${MOST} are active; revoke one first`)
        const createdAt = new Date(now).toISOString()
        const grant: Grant = { id: deps.newId(), owner, grantee, metrics, createdAt, expiresAt }
        if (label !== undefined) grant.label = label
        await dependency(deps, 'table', () => deps.grants.put(grant))
        reply.code(201).header('location', `/api/v1/grants/${grant.id}`)
        return view(grant, now)
      },
    )

    app.get(
      '/grants',
      {
        schema: {
          tags: ['sharing'],
          summary: 'What you have let others read',
          description: 'Newest first; those that have ended for a year.',
          response: { 200: Type.Object({ grants: Type.Array(GrantView) }) },
        },
      },
      async request => {
        const now = deps.clock.now()
        const found = await owned(request.user.id)
        return {
          grants: found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).map(each => view(each, now)),
        }
      },
    )

    app.delete(
      '/grants/:id',
      {
        schema: {
          tags: ['sharing'],
          summary: 'Take a grant back',
          description: 'From the next request on there is nothing to read by it.',
          params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }),
          response: { 204: Type.Null({ description: 'Revoked.' }) },
        },
        config: { problems: { 404: 'not_found: you have no grant of this id.' } },
      },
      async (request, reply) => {
        const at = new Date(deps.clock.now()).toISOString()
        const revoke = () => deps.grants.revoke(request.user.id, request.params.id, at)
        if (!(await dependency(deps, 'table', revoke)))
          throw new Problem(404, 'not_found', 'Not found', 'you have no grant of this id')
        return reply.code(204).send(null)
      },
    )
  }
}

function expiryOf(text: string, now: number): number {
  const instant = parseInstant(text)
  const refuse = (message: string, code: string) =>
    validationProblem([{ field: 'expires_at', message, code }])
  if (typeof instant !== 'object')
    throw refuse('must be an RFC 3339 time with offset, such as 2026-12-24T00:00:00Z', instant)
  if (instant.ms <= now) throw refuse('must be in the future', 'in_the_past')
  if (instant.ms > now + LONGEST_MS) throw refuse('must be within 366 days', 'too_far')
  return instant.ms
}

function view(grant: Grant, now: number) {
  return {
    grant_id: grant.id,
    grantee_id: grant.grantee,
    metrics: grant.metrics,
    ...(grant.label !== undefined && { label: grant.label }),
    status: grantStatus(grant, now),
    created_at: grant.createdAt,
    expires_at: grant.expiresAt,
    ...(grant.revokedAt !== undefined && { revoked_at: grant.revokedAt }),
  }
}

const NewGrant = Type.Object({
  grantee_id: Type.String({ format: 'uuid', description: 'User id of the person who may read.' }),
  metrics: Type.Array(Type.String({ maxLength: 100 }), {
    minItems: 1,
    maxItems: 200,
    description: 'Canonical names or HealthKit identifiers.',
    examples: [['heart_rate', 'resting_heart_rate']],
  }),
  expires_at: Type.String({
    maxLength: 40,
    description: 'RFC 3339 with offset, at most 366 days from now.',
    examples: ['2026-12-24T00:00:00Z'],
  }),
  label: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'Who that is, for yourself.' }),
  ),
})

const GrantView = Type.Object({
  grant_id: Type.String(),
  grantee_id: Type.String(),
  metrics: Type.Array(Type.String()),
  label: Type.Optional(Type.String()),
  status: Type.Enum(['active', 'expired', 'revoked']),
  created_at: Type.String(),
  expires_at: Type.String(),
  revoked_at: Type.Optional(Type.String()),
})
