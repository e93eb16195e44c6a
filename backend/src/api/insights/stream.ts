import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Log } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import { problemBody } from '../problem-answers.ts'

/** Sends one server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export type Tell = (event: 'facts' | 'words' | 'insight' | 'error', data: object) => void

/** Whether a client wants to hear of an insight while it comes to be. */
export function wantsStream(request: FastifyRequest<{ Querystring: { stream?: boolean } }>): boolean {
  return request.query.stream ?? /\btext\/event-stream\b/.test(request.headers.accept ?? '')
}

/**
 * Runs work that tells of its progress. What fails before the first event fails the request, with a status of its own;
 * what fails later ends the stream with an `error` event that holds the problem document.
 */
export async function streamOf(
  work: (tell: Tell) => Promise<void>,
  context: { path: string; log: Log; requestId: string },
): Promise<Readable> {
  const stream = new Readable({ read: () => {} })
  const begun = Promise.withResolvers<void>()
  const tell: Tell = (event, data) => {
    stream.push(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    begun.resolve()
  }
  let started = false
  const done = work(tell)
  done.then(
    () => stream.push(null),
    error => {
      if (!started) return
      if (!(error instanceof Problem))
        context.log.error('insight failed', { request_id: context.requestId, error })
      tell('error', problemBody(error instanceof Problem ? error : unexpected(), context.path))
      stream.push(null)
    },
  )
  await Promise.race([begun.promise, done])
  started = true
  return stream
}

function unexpected(): Problem {
  return new Problem(500, 'internal_error', 'Internal error', 'something went wrong here; ask again')
}
