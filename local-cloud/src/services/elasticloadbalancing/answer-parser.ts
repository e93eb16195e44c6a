/** The head of a target's answer. */
export interface AnswerHead {
  status: number
  text: string
  /** Names and values in turn, as they came. */
  rawHeaders: string[]
  /** All `Connection` headers together. */
  connection?: string
}

/** Told of an answer as it comes. Informational answers (1xx) are passed over. */
export interface AnswerEvents {
  head(head: AnswerHead): void
  /** @param chunk to be copied by whoever keeps it longer than the call */
  data(chunk: Buffer): void
  /** The whole answer has come. @param keep whether the connection may be used again */
  end(keep: boolean): void
}

/** Reads the answers that come over one connection, one after the other (RFC 9112). */
export interface AnswerParser {
  /** An answer is expected. @param bodiless whether it has no body whatever it says, as one to HEAD */
  expect(events: AnswerEvents, bodiless: boolean): void
  /** @throws Error for what is no answer, or comes unasked */
  feed(chunk: Buffer): void
  /** The target has closed its end. @throws Error unless that is how the answer ends */
  finish(): void
}

/** Largest head that is read at all; what is more than a load balancer passes on is refused later. */
const MOST_HEAD = 64 * 1024
/** Longest line of a chunk's size, and all trailers. */
const MOST_LINE = 16 * 1024
const SHAPE = /^HTTP\/1\.([01]) (\d{3})(?: ([^\r\n]*))?(?:\r\n[!#$%&'*+\-.^_`|~\w]+:[^\r\n]*)*$/
const EMPTY = Buffer.alloc(0)

type Stage = 'idle' | 'head' | 'length' | 'close' | 'size' | 'chunk' | 'after chunk' | 'trailers'

export function createAnswerParser(): AnswerParser {
  let stage: Stage = 'idle'
  let events: AnswerEvents | undefined
  let bodiless = false
  let keep = false
  /** Bytes of the body, or of the chunk, that are still to come. */
  let left = 0
  let rest: Buffer = EMPTY

  function feed(chunk: Buffer): void {
    let data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    rest = EMPTY
    while (data.length > 0) {
      const used = step(data)
      if (used < 0) {
        if (data.length > (stage === 'head' ? MOST_HEAD : MOST_LINE)) throw new Error('a line is too long')
        rest = Buffer.from(data)
        return
      }
      data = used === data.length ? EMPTY : data.subarray(used)
    }
  }

  /** Takes what it can from the beginning. @returns how many bytes; -1 when there are too few for anything */
  function step(data: Buffer): number {
    if (stage === 'length' || stage === 'chunk') return body(data)
    if (stage === 'close') {
      events?.data(data)
      return data.length
    }
    if (stage === 'head') {
      const end = data.indexOf('\r\n\r\n')
      if (end >= 0) head(data.toString('latin1', 0, end))
      return end < 0 ? -1 : end + 4
    }
    if (stage === 'idle') throw new Error('bytes came unasked')
    const end = data.indexOf('\r\n')
    if (end >= 0) line(data.toString('latin1', 0, end))
    return end < 0 ? -1 : end + 2
  }

  function body(data: Buffer): number {
    const taken = Math.min(left, data.length)
    left -= taken
    events?.data(taken === data.length ? data : data.subarray(0, taken))
    if (left === 0) {
      if (stage === 'length') done()
      else stage = 'after chunk'
    }
    return taken
  }

  /** A line of chunked framing. */
  function line(text: string): void {
    if (stage === 'after chunk') {
      if (text !== '') throw new Error('a chunk does not end where it said')
      stage = 'size'
      return
    }
    if (stage === 'trailers') {
      if (text === '') done()
      return
    }
    const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(text)?.[1]
    if (size === undefined) throw new Error('a chunk has no size')
    left = Number.parseInt(size, 16)
    stage = left === 0 ? 'trailers' : 'chunk'
  }

  function head(text: string): void {
    const [, minor, digits = '', words = ''] = SHAPE.exec(text) ?? []
    if (minor === undefined) throw new Error('a status line or a header is not one')
    const status = Number(digits)
    const rawHeaders: string[] = []
    let connection: string | undefined
    let length: string | undefined
    let coding: string | undefined
    let end = text.indexOf('\r\n')
    while (end >= 0) {
      const at = end + 2
      end = text.indexOf('\r\n', at)
      const colon = text.indexOf(':', at)
      const name = text.slice(at, colon)
      const value = (end < 0 ? text.slice(colon + 1) : text.slice(colon + 1, end)).trim()
      rawHeaders.push(name, value)
      if (name.length !== 10 && name.length !== 14 && name.length !== 17) continue
      const lower = name.toLowerCase()
      if (lower === 'connection') connection = connection === undefined ? value : `${connection}, ${value}`
      else if (lower === 'transfer-encoding') coding = coding === undefined ? value : `${coding}, ${value}`
      else if (lower === 'content-length') {
        if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== value))
          throw new Error('the length is not one')
        length = value
      }
    }
    if (status === 101) throw new Error('nobody asked for another protocol')
    if (status < 200) return
    keep = minor === '1' ? !/\bclose\b/i.test(connection ?? '') : /\bkeep-alive\b/i.test(connection ?? '')
    frame(status, length, coding)
    events?.head({ status, text: words, rawHeaders, connection })
    if (stage === 'head') done()
  }

  /** Which bytes are the body (RFC 9112 section 6.3); `stage` stays where there is none. */
  function frame(status: number, length: string | undefined, coding: string | undefined): void {
    // Whoever reads one and not the other can be made to see two answers.
    if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== 'chunked'))
      throw new Error('the transfer coding is not chunked alone')
    if (bodiless || status === 204 || status === 304) return
    if (coding !== undefined) stage = 'size'
    else if (length !== undefined) {
      left = Number(length)
      if (left > 0) stage = 'length'
    } else {
      stage = 'close'
      keep = false
    }
  }

  function done(): void {
    stage = 'idle'
    events?.end(keep)
  }

  return {
    expect: (next, withoutBody) => {
      events = next
      bodiless = withoutBody
      stage = 'head'
    },
    feed,
    finish: () => {
      if (stage === 'close') done()
      else if (stage !== 'idle') throw new Error('the target closed before its answer ended')
    },
  }
}
