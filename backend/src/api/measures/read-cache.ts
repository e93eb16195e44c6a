import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Revisions } from '../../adapters/dynamodb/revisions.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Log } from '../../logging.ts'
import { createTurns, type Turns } from '../turns.ts'
import { dependency } from '../upload-intake.ts'
import { shareRevisions } from './shared-revisions.ts'

/** Answers questions about a user's data, with an `ETag`, from memory as long as the data has not changed. */
export interface Reads {
  /**
   * Gives what a handler is to return: the answer that is kept, as its bytes, instead of what `compute` would.
   * @param name of the route @param question everything that the answer depends on beside the user and the data
   * @param compute asks the table; what it returns is what the route's schema for 200 says
   */
  answer<T extends object>(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    question: object,
    compute: () => Promise<T>,
  ): Promise<T>
}

/** Most bytes of answers that are kept, and of one. */
const MOST_BYTES = 32 * 1024 * 1024
const MOST_OF_ONE = 2 * 1024 * 1024
/** An answer is computed anew after this, whatever its revision: should a writer die between a change and its note. */
const LONGEST_MS = 60_000

/**
 * Every request asks for the user's revision, which costs a share of one small read; only where it has changed are the
 * chunks read, unpacked and written out again. So no answer is older than its request.
 */
export function createReads(deps: {
  revisions: Revisions
  clock: Clock
  log: Log
  mostBytes?: number
  /** With which other calls the questions for revisions go out. @default alone */
  turns?: Turns
}): Reads {
  const current = shareRevisions(deps.revisions, deps.turns ?? createTurns())
  const kept = new Map<string, Answer>()
  const mostBytes = deps.mostBytes ?? MOST_BYTES
  let bytes = 0

  function keep(key: string, answer: Answer): void {
    forget(key)
    kept.set(key, answer)
    bytes += answer.body.length
    for (const oldest of kept.keys()) {
      if (bytes <= mostBytes) break
      forget(oldest)
    }
  }

  function forget(key: string): void {
    bytes -= kept.get(key)?.body.length ?? 0
    kept.delete(key)
  }

  return {
    answer: async <T extends object>(
      request: FastifyRequest,
      reply: FastifyReply,
      name: string,
      question: object,
      compute: () => Promise<T>,
    ): Promise<T> => {
      const userId = request.user.id
      const revision = await dependency(deps, 'table', () => current(userId))
      const key = `${userId} ${name} ${JSON.stringify(question)}`
      let answer = kept.get(key)
      if (!answer || answer.revision !== revision || deps.clock.now() - answer.at > LONGEST_MS) {
        const body = Buffer.from(String(reply.serialize(await dependency(deps, 'table', compute))))
        const etag = `"${hash('sha256', body, 'base64url').slice(0, 27)}"`
        answer = { revision, at: deps.clock.now(), body, etag }
        if (revision !== undefined && body.length <= MOST_OF_ONE) keep(key, answer)
        else forget(key)
      }
      reply.header('etag', answer.etag)
      const same = matches(request.headers['if-none-match'], answer.etag)
      const sent = same ? reply.code(304).send() : answer.body
      if (!same) reply.type('application/json; charset=utf-8')
      // Bytes are sent as they are; a reply that is returned has been sent.
      return sent as unknown as T
    },
  }
}

interface Answer {
  revision: number | undefined
  at: number
  body: Buffer
  etag: string
}

/** Whether `If-None-Match` names an entity tag, by the weak comparison of RFC 9110, section 13.1.2. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some(each => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag)
}
