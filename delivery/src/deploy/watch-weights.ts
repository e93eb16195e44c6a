import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadBalancing } from '../aws/load-balancing.ts'

export interface WeightsWatch {
  /** When the target group had all of the rule's weight, by `performance.now()`, which counts from the command's start. */
  reachedAt(): number | undefined
  stop(): Promise<void>
}

/** Looks at a rule, as the load balancer has it, until it sends everything to one target group. */
export function watchWeights(
  loadBalancing: LoadBalancing,
  { rule, targetGroup, pollMs }: { rule: string; targetGroup: string; pollMs: number },
): WeightsWatch {
  const ended = new AbortController()
  let reached: number | undefined
  const watching = (async () => {
    while (!ended.signal.aborted && reached === undefined) {
      const weights = await loadBalancing.weights(rule).catch(() => ({}))
      const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
      if (total > 0 && (weights as Record<string, number>)[targetGroup] === total) reached = performance.now()
      else await sleep(pollMs, undefined, { signal: ended.signal }).catch(() => {})
    }
  })()
  return {
    reachedAt: () => reached,
    stop: async () => {
      ended.abort()
      await watching
    },
  }
}
