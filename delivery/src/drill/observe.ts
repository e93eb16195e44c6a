import { setTimeout as sleep } from 'node:timers/promises'
import { RELEASE_HEADER } from '@clarity/suites'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import type { DrillClocks } from '../evidence/document.ts'
import { DRILL_HEADER } from './fault.ts'

export interface ObserveOptions {
  baseUrl: string
  /** The release that is to fail, and the one that is to be back. */
  faulty: string
  good: string
  token: string
  loadBalancing: Pick<LoadBalancing, 'weights'>
  ruleArn: string
  /** The target group of the good release. */
  targetGroup: string
  /** Pause between two looks at the rule, in ms. */
  pollMs: number
}

export interface Observer {
  /** Sends traffic from now on; further calls change nothing. */
  begin(): void
  /** Whether traffic has been sent: before, nothing of the drill has touched production. */
  begun(): boolean
  /** The release to be taken back was decided on; and ECS had accepted it. */
  detected(): void
  commanded(): void
  ended(): void
  /** Seconds since the fault began; undefined before it has. */
  sinceFault(): number | undefined
  /** Answers during the drill: all, and those that the fault spoiled or that were lost. */
  counts(): { sent: number; failed: number; byRelease: Record<string, number> }
  clocks(): DrillClocks
  /** Waits until a hundred good answers in a row have come and the weights are back, at most until `deadline` (s after the fault). */
  recovered(deadline: number): Promise<void>
  stop(): Promise<void>
}

const PER_SECOND = 25
const GOOD_IN_A_ROW = 100
/** An answer later than this is lost, in ms. */
const LOST_MS = 5000

/** Once begun, sends traffic to production as the fault waits for it, and takes the time of everything that follows. */
export function observe(options: ObserveOptions): Observer {
  const { baseUrl, faulty, good, token, loadBalancing, ruleArn, targetGroup, pollMs } = options
  const clocks: DrillClocks = {}
  const counts = { sent: 0, failed: 0, byRelease: {} as Record<string, number> }
  const underWay = new Set<Promise<void>>()
  const ended = new AbortController()
  let fault: number | undefined
  let goodInARow = 0

  const sinceFault = () => (fault === undefined ? undefined : (performance.now() - fault) / 1000)
  const stamp = (clock: keyof DrillClocks) => {
    const now = sinceFault()
    if (now !== undefined) clocks[clock] ??= Math.round(now * 1000) / 1000
  }

  async function ask(): Promise<void> {
    counts.sent++
    try {
      const answer = await fetch(`${baseUrl}/health`, {
        headers: { [DRILL_HEADER]: token },
        signal: AbortSignal.timeout(LOST_MS),
      })
      await answer.arrayBuffer()
      const release = answer.headers.get(RELEASE_HEADER) ?? 'unnamed'
      counts.byRelease[release] = (counts.byRelease[release] ?? 0) + 1
      if (!answer.ok && release === faulty) fault ??= performance.now()
      if (!answer.ok) throw new Error(`status ${answer.status}`)
      if (fault === undefined) return
      goodInARow = release === good ? goodInARow + 1 : 0
      if (goodInARow >= GOOD_IN_A_ROW) stamp('hundredGood')
    } catch {
      counts.failed++
      goodInARow = 0
      // what fails again was not back yet
      delete clocks.hundredGood
    }
  }

  let traffic: NodeJS.Timeout | undefined
  const begin = () => {
    traffic ??= setInterval(() => {
      const one = ask().finally(() => underWay.delete(one))
      underWay.add(one)
    }, 1000 / PER_SECOND)
  }

  const watching = (async () => {
    while (!ended.signal.aborted) {
      if (clocks.commanded !== undefined && clocks.weights === undefined) {
        const weights = await loadBalancing.weights(ruleArn).catch(() => undefined)
        const others = Object.entries(weights ?? {}).filter(
          ([group, weight]) => group !== targetGroup && weight > 0,
        )
        if (weights && (weights[targetGroup] ?? 0) > 0 && others.length === 0) stamp('weights')
      }
      await sleep(Math.min(pollMs, 1000), undefined, { signal: ended.signal }).catch(() => {})
    }
  })()

  return {
    begin,
    begun: () => traffic !== undefined,
    detected: () => stamp('detected'),
    commanded: () => stamp('commanded'),
    ended: () => stamp('ended'),
    sinceFault,
    counts: () => counts,
    clocks: () => ({ ...clocks }),
    recovered: async deadline => {
      while (clocks.hundredGood === undefined || clocks.weights === undefined) {
        const now = sinceFault()
        if (now === undefined || now > deadline) return
        await sleep(50)
      }
    },
    stop: async () => {
      clearInterval(traffic)
      ended.abort()
      await Promise.all([watching, ...underWay])
    },
  }
}
