import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AnswerHead } from './answer-parser.ts'
import { answerError } from './answers.ts'
import {
  type HeaderSettings,
  hasBody,
  linesOf,
  requestHeaders,
  responseHeaders,
  traceIdOf,
} from './headers.ts'
import { LONGEST_ANSWER_HEADERS, sizeOf } from './request-limits.ts'

/** Told of a request's body as it comes. */
export interface BodyEvents {
  data(chunk: Buffer): void
  end(): void
}

/** What a target is told of a request. */
export interface TargetHeaders {
  /** Lines, each with its end. */
  headers: string
  /** Whether the body that follows has no length. */
  chunked: boolean
  traceId: string
}

/** The client's side of one exchange: its request, and what it is answered. */
export interface Client {
  readonly method: string
  /** Path and query, or a whole URL. */
  readonly url: string
  /** Whether a body follows the head. */
  readonly bodied: boolean
  forTarget(settings: HeaderSettings, now: number): TargetHeaders
  /** Whether the body has come whole. */
  complete(): boolean
  readBody(events: BodyEvents): void
  /** No more of the body for now. */
  pause(): void
  /** The body goes on; where nobody reads it, it is dropped. */
  resume(): void
  /** Whether the client has been told a status. */
  answered(): boolean
  /** Passes an answer's head on, `flush` or the body sends it. @returns false for one that HTTP or AWS does not allow */
  head(answer: AnswerHead, sendServer: boolean): boolean
  /** Sends the head, if nothing has been sent yet. */
  flush(): void
  /** @returns false when the client is slow: wait for `drained` */
  write(chunk: Buffer): boolean
  /** The answer is whole. @param last its last piece, at most 16 KiB */
  end(last?: Buffer): void
  /** Answers for the load balancer itself, where nothing has been answered. */
  refuse(status: number): void
  /** Breaks the connection off: what has been answered is not whole. */
  destroy(): void
  /** @param drained more may be written; @param over the exchange has ended, for the client too, whole or not */
  watch(drained: () => void, over: (whole: boolean) => void): void
}

/** A client whose requests Node's own server reads. */
export function clientOf(request: IncomingMessage, response: ServerResponse): Client {
  const bodied = hasBody(request)
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    bodied,
    forTarget: (settings, now) => {
      const flat = requestHeaders(request, settings, now)
      return {
        headers: linesOf(flat),
        chunked: request.headers['transfer-encoding'] !== undefined,
        traceId: traceIdOf(flat),
      }
    },
    complete: () => request.complete,
    readBody: ({ data, end }) => {
      request.on('data', data)
      request.on('end', end)
    },
    pause: () => void request.pause(),
    resume: () => void request.resume(),
    answered: () => response.headersSent,
    head: ({ status, text, rawHeaders, connection }, sendServer) => {
      const headers = responseHeaders(rawHeaders, connection, sendServer)
      if (sizeOf(headers) > LONGEST_ANSWER_HEADERS) return false
      try {
        response.writeHead(status, text, headers)
        return true
      } catch {
        return false
      }
    },
    flush: () => {
      if (!response.destroyed) response.flushHeaders()
    },
    write: chunk => response.write(chunk),
    // Head and body as one string of bytes are one write to the kernel; with a buffer they are two.
    end: last => void (last ? response.end(last.toString('latin1'), 'latin1') : response.end()),
    refuse: status => {
      if (response.destroyed) return
      if (bodied && !request.complete) response.setHeader('connection', 'close')
      answerError(response, status)
      request.resume()
    },
    destroy: () => void response.destroy(),
    watch: (drained, over) => {
      response.on('error', () => {})
      response.on('drain', drained)
      response.on('close', () => over(response.writableFinished))
    },
  }
}
