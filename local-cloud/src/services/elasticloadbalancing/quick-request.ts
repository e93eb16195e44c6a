import type { RequestFacts } from './conditions.ts'

/** A request without a body and without anything unusual, read by one look at its bytes. */
export interface QuickRequest extends RequestFacts {
  /** As it was asked for. */
  readonly url: string
  /** The header lines for the target: those that came, in their spelling and order, but `Connection`. */
  readonly lines: string
  /** Whether the client keeps its connection. */
  readonly keeps: boolean
}

/** Longest head that is looked at; none of AWS's limits lies below. */
const MOST = 8 * 1024
const SHAPE =
  /^(GET|HEAD) (\/[!-~]*) HTTP\/1\.1\r\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*\r\n)+)\r\n$/
/** What a load balancer looks into, answers or rewrites. */
const UNUSUAL =
  /^(?:content-length|transfer-encoding|upgrade|expect|te|trailer|keep-alive|proxy-[^:]*|x-forwarded-(?:for|proto|port)|x-amzn-trace-id):/im
const CONNECTION = /^connection:[ \t]*(keep-alive|close)[ \t]*\r\n/im
const ANY_CONNECTION = /^connection:/im
const HOST = /^host:[ \t]*([^\r]*?)[ \t]*\r$/im

/**
 * Reads a whole GET or HEAD of HTTP/1.1 that asks for nothing but an answer. All others, also all that is not HTTP, are
 * undefined: they are for Node's own server, which takes more of the processor.
 */
export function readQuick(bytes: Buffer, ip: string): QuickRequest | undefined {
  const { length } = bytes
  if (length > MOST || length < 4 || bytes[length - 3] !== 10 || bytes[length - 1] !== 10) return undefined
  const found = SHAPE.exec(bytes.toString('latin1'))
  if (!found) return undefined
  const [, method = '', url = '', block = ''] = found
  if (UNUSUAL.test(block)) return undefined
  const host = HOST.exec(block)?.[1]
  if (host === undefined) return undefined
  let lines = block
  let keeps = true
  if (ANY_CONNECTION.test(block)) {
    keeps = CONNECTION.exec(block)?.[1]?.toLowerCase() === 'keep-alive'
    lines = block.replace(CONNECTION, '')
    if (ANY_CONNECTION.test(lines)) return undefined
  }
  const mark = url.indexOf('?')
  return {
    method,
    url,
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    host: host.replace(/:\d+$/, '').toLowerCase(),
    ip,
    lines,
    keeps,
    get headers() {
      return byName(block)
    },
  }
}

/** By lower-case name, repeats together, for the rules that ask for one. */
function byName(block: string): NodeJS.Dict<string> {
  const all: NodeJS.Dict<string> = Object.create(null)
  for (const line of block.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    all[name] = all[name] === undefined ? value : `${all[name]}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return all
}
