import type { IncomingMessage } from 'node:http'

/** Longest request line and longest single header. */
const LONGEST = 16 * 1024
/** Most addresses in X-Forwarded-For. */
const MOST_ADDRESSES = 30

/**
 * The status with which a load balancer refuses a request before it looks for a rule; undefined for one that it takes.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
 */
export function refusalOf({ url = '', method, rawHeaders, headers }: IncomingMessage): number | undefined {
  if (method === 'TRACE') return 405
  if (url.length > LONGEST) return 414
  for (let i = 0; i < rawHeaders.length; i += 2)
    if ((rawHeaders[i] as string).length + (rawHeaders[i + 1] as string).length + 2 > LONGEST) return 400
  const forwarded = headers['x-forwarded-for'] as string | undefined
  return forwarded && forwarded.split(',').length > MOST_ADDRESSES ? 463 : undefined
}

/** Largest header block of a target's answer. */
export const LONGEST_ANSWER_HEADERS = 32 * 1024

/** The size of a flat list of headers as they stand on the wire. */
export function sizeOf(headers: string[]): number {
  return headers.reduce((sum, text) => sum + text.length + 2, 0)
}
