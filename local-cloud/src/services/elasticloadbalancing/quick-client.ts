import type { Socket } from 'node:net'
import type { AnswerHead } from './answer-parser.ts'
import { errorText } from './answers.ts'
import type { Client, TargetHeaders } from './client.ts'
import { forwardedHeaders, type HeaderSettings, linesOf, responseHeaders, traceIdOf } from './headers.ts'
import type { QuickRequest } from './quick-request.ts'
import { LONGEST_ANSWER_HEADERS } from './request-limits.ts'

/** What no name, no value and no status may have in it, line ends first of all (RFC 9110 section 5.5). */
const FORBIDDEN = /[^\t -~\x80-\xff]/

/** One exchange over a connection that `readQuickly` reads. It frames the answer as Node's own server would. */
export class QuickClient implements Client {
  readonly method: string
  readonly url: string
  readonly bodied = false
  readonly #socket: Socket
  readonly #request: QuickRequest
  readonly #done: (keep: boolean) => void
  #keep: boolean
  /** The answer's head, until it is sent. */
  #head = ''
  #answered = false
  #chunked = false
  #bodiless: boolean
  #over = false
  #drained = () => {}
  #ended: (whole: boolean) => void = () => {}

  /** @param done the answer is whole; the connection is kept or not */
  constructor(socket: Socket, request: QuickRequest, keep: boolean, done: (keep: boolean) => void) {
    this.method = request.method
    this.url = request.url
    this.#socket = socket
    this.#request = request
    this.#keep = keep
    this.#done = done
    this.#bodiless = request.method === 'HEAD'
  }

  forTarget(settings: HeaderSettings, now: number): TargetHeaders {
    const own = forwardedHeaders(settings, this.#request.ip, now)
    return { headers: linesOf(own) + this.#request.lines, chunked: false, traceId: traceIdOf(own) }
  }

  complete(): boolean {
    return true
  }
  readBody(): void {}
  pause(): void {}
  resume(): void {}

  answered(): boolean {
    return this.#answered
  }

  head({ status, text, rawHeaders, connection }: AnswerHead, sendServer: boolean): boolean {
    const headers = responseHeaders(rawHeaders, connection, sendServer)
    let lines = ''
    let dated = false
    let measured = false
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      if (name.length === 4 && name.toLowerCase() === 'date') dated = true
      else if (name.length === 14 && name.toLowerCase() === 'content-length') measured = true
      lines += `${name}: ${headers[i + 1]}\r\n`
    }
    if (lines.length > LONGEST_ANSWER_HEADERS) return false
    if (FORBIDDEN.test(headers.join('')) || FORBIDDEN.test(text)) return false
    if (!dated) lines += `Date: ${new Date().toUTCString()}\r\n`
    if (status === 204 || status === 304) this.#bodiless = true
    this.#chunked = !this.#bodiless && !measured
    if (this.#chunked) lines += 'Transfer-Encoding: chunked\r\n'
    this.#head = `HTTP/1.1 ${status} ${text}\r\n${lines}Connection: ${this.#keep ? 'keep-alive' : 'close'}\r\n\r\n`
    this.#answered = true
    return true
  }

  flush(): void {
    if (this.#head) this.#socket.write(this.#takeHead(), 'latin1')
  }

  write(chunk: Buffer): boolean {
    if (this.#over || this.#bodiless) return true
    this.#socket.cork()
    const head = this.#takeHead()
    if (this.#chunked) {
      this.#socket.write(`${head}${chunk.length.toString(16)}\r\n`, 'latin1')
      this.#socket.write(chunk)
      this.#socket.write('\r\n', 'latin1')
    } else {
      if (head) this.#socket.write(head, 'latin1')
      this.#socket.write(chunk)
    }
    this.#socket.uncork()
    return !this.#socket.writableNeedDrain
  }

  end(last?: Buffer): void {
    if (this.#over) return
    let text = this.#takeHead()
    if (last && !this.#bodiless) {
      const body = last.toString('latin1')
      text += this.#chunked ? `${last.length.toString(16)}\r\n${body}\r\n` : body
    }
    if (this.#chunked) text += '0\r\n\r\n'
    if (text) this.#socket.write(text, 'latin1')
    this.#finish()
  }

  refuse(status: number): void {
    if (this.#over || this.#answered) return
    this.#answered = true
    const body = this.method !== 'HEAD'
    this.#socket.write(errorText(status, { keep: this.#keep, body }), 'latin1')
    this.#finish()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  watch(drained: () => void, over: (whole: boolean) => void): void {
    this.#drained = drained
    this.#ended = over
  }

  /** The connection takes more bytes. */
  drained(): void {
    this.#drained()
  }

  /** The connection is gone. */
  gone(): void {
    if (this.#over) return
    this.#over = true
    this.#ended(false)
  }

  #takeHead(): string {
    const text = this.#head
    this.#head = ''
    return text
  }

  #finish(): void {
    this.#over = true
    this.#ended(true)
    this.#done(this.#keep)
  }
}
