import { Agent, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'

/** What a prober has seen so far. */
export interface ProbeCount {
  sent: number
  failed: number
  /** Answers that took longer than a second. */
  slow: number
  /** Answers by the release that gave them. */
  byRelease: Record<string, number>
  /** Failures since the last good answer. */
  run: number
  /** Why the first failures failed, at most three. */
  reasons: string[]
  /** Seconds from the first answer of the release that came to the last one of any other. */
  mixedSeconds: number
}

export interface Prober {
  count(): ProbeCount
  /** The release that gave the last good answer. */
  last(): string | undefined
  /** Waits for the requests under way and returns the final count. */
  stop(): Promise<ProbeCount>
}

export interface ProberOptions {
  perSecond: number
  releaseHeader: string
  /** The release that comes: the mixed-version window begins with its first answer. */
  coming?: string
  /** Paths that are asked in turn, instead of the URL's own. */
  paths?: string[]
  /** Called after each answer and each failure with the count so far. */
  onCount?: (count: ProbeCount) => void
  /** Called at each failure with the count so far. */
  onFailure?: (count: ProbeCount) => void
}

/** An answer later than this counts as slow, in ms. */
const SLOW_MS = 1000
/** An answer later than this counts as lost, in ms. */
const LOST_MS = 5000

/** Asks `url` several times a second over kept-alive connections, as clients do, and counts what comes back. */
export function startProber(url: string, options: ProberOptions): Prober {
  const count: ProbeCount = {
    sent: 0,
    failed: 0,
    slow: 0,
    byRelease: {},
    run: 0,
    reasons: [],
    mixedSeconds: 0,
  }
  const secure = url.startsWith('https:')
  const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  const urls = options.paths?.map(path => new URL(path, url).href) ?? [url]
  const underWay = new Set<Promise<void>>()
  let last: string | undefined
  let came: number | undefined

  async function probe(): Promise<void> {
    const start = performance.now()
    const asked = urls[count.sent++ % urls.length] as string
    try {
      const { status, release } = await ask(asked, agent, secure, options.releaseHeader)
      if (status >= 500) throw new Error(`status ${status} of ${new URL(asked).pathname}`)
      if (performance.now() - start > SLOW_MS) count.slow++
      count.byRelease[release] = (count.byRelease[release] ?? 0) + 1
      last = release
      count.run = 0
      if (release === options.coming) came ??= performance.now()
      else if (came !== undefined) count.mixedSeconds = (performance.now() - came) / 1000
    } catch (error) {
      count.failed++
      count.run++
      if (count.reasons.length < 3) count.reasons.push((error as Error).message)
      options.onFailure?.(count)
    }
    options.onCount?.(count)
  }

  const timer = setInterval(() => {
    const one = probe().finally(() => underWay.delete(one))
    underWay.add(one)
  }, 1000 / options.perSecond)

  return {
    count: () => count,
    last: () => last,
    stop: async () => {
      clearInterval(timer)
      await Promise.all(underWay)
      agent.destroy()
      return count
    },
  }
}

function ask(
  url: string,
  agent: Agent,
  secure: boolean,
  header: string,
): Promise<{ status: number; release: string }> {
  return new Promise((resolve, reject) => {
    const sent = (secure ? secureRequest : request)(url, { agent, timeout: LOST_MS }, response => {
      response.resume()
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, release: String(response.headers[header] ?? 'unnamed') }),
      )
      response.once('error', reject)
    })
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${LOST_MS} ms`)))
    sent.once('error', reject)
    sent.end()
  })
}
