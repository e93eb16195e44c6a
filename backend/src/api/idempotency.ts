import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { IdempotencyStore, KeptAnswer } from '../adapters/dynamodb/idempotency-store.ts'
import type { Log } from '../logging.ts'
import { Problem } from '../problem.ts'
import { dependency } from './upload-intake.ts'

/** The `Idempotency-Key` header, for a route's schema. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        'The same key with the same request gives the same answer for 24 hours; with another request 422.',
    }),
  ),
})

/**
 * Answers a request once for an `Idempotency-Key` of the client's: the same key and the same request give the same
 * answer again. What it guards may be repeated safely, so that a request that broke off before its answer simply runs
 * again, and none has to be refused as being under way.
 * @param fingerprint what the request asks for, such as a hash of its body
 * @throws Problem 422 `idempotency_key_reused` where the key stands for another request
 */
export async function answerOnce<T>(
  deps: { idempotency: IdempotencyStore; log: Log },
  request: FastifyRequest,
  reply: FastifyReply,
  fingerprint: string,
  run: () => Promise<KeptAnswer & { body: T }>,
): Promise<T> {
  const key = request.headers['idempotency-key']
  const give = (answer: KeptAnswer): T => {
    reply.code(answer.status)
    if (answer.location) reply.header('location', answer.location)
    return answer.body as T
  }
  if (typeof key !== 'string') return give(await run())
  const userId = request.user.id
  const asked = createHash('sha256').update(`${request.routeOptions.url}\n${fingerprint}`).digest('hex')
  const claim = await dependency(deps, 'table', () => deps.idempotency.claim(userId, key, asked))
  if (claim.kind === 'other')
    throw new Problem(
      422,
      'idempotency_key_reused',
      'The idempotency key is taken',
      'this idempotency-key was sent with another request; take a new key for each',
      { errors: [{ field: 'idempotency-key', message: 'stands for another request', code: 'reused' }] },
    )
  if (claim.kind === 'same' && claim.answer) return give(claim.answer)
  const answer = await run()
  await dependency(deps, 'table', () => deps.idempotency.keep(userId, key, answer))
  return give(answer)
}
