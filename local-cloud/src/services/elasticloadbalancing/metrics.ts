/** Where a request went: the load balancer, the rule that took it, and the group where it was forwarded. */
export interface Path {
  loadBalancerArn: string
  ruleArn: string
  targetGroupArn?: string
}

/** What is counted for one path since the cloud started, under CloudWatch's names. Times are seconds. */
export interface Counters extends Path {
  RequestCount: number
  HTTPCode_Target_2XX_Count: number
  HTTPCode_Target_3XX_Count: number
  HTTPCode_Target_4XX_Count: number
  HTTPCode_Target_5XX_Count: number
  HTTPCode_ELB_4XX_Count: number
  HTTPCode_ELB_5XX_Count: number
  TargetConnectionErrorCount: number
  /** From the request's last header to the target's first. */
  TargetResponseTime: { SampleCount: number; Sum: number; Minimum: number; Maximum: number }
}

/** Counters in memory; a restart begins anew, as samples that were published are elsewhere. */
export interface Metrics {
  of(path: Path): Counters
  /** Every path's counters, as copies. */
  read(): Counters[]
}

export function createMetrics(): Metrics {
  const all = new Map<string, Counters>()
  return {
    of: path => {
      const key = `${path.loadBalancerArn} ${path.ruleArn} ${path.targetGroupArn ?? ''}`
      let counters = all.get(key)
      if (!counters) {
        counters = emptyCounters(path)
        all.set(key, counters)
      }
      return counters
    },
    read: () => structuredClone([...all.values()]),
  }
}

/** Counters of a path that nothing has travelled. */
export function emptyCounters(path: Path): Counters {
  return {
    ...path,
    RequestCount: 0,
    HTTPCode_Target_2XX_Count: 0,
    HTTPCode_Target_3XX_Count: 0,
    HTTPCode_Target_4XX_Count: 0,
    HTTPCode_Target_5XX_Count: 0,
    HTTPCode_ELB_4XX_Count: 0,
    HTTPCode_ELB_5XX_Count: 0,
    TargetConnectionErrorCount: 0,
    TargetResponseTime: { SampleCount: 0, Sum: 0, Minimum: Number.POSITIVE_INFINITY, Maximum: 0 },
  }
}

/** Counts an answer of the load balancer itself. */
export function countOwn(counters: Counters, status: number): void {
  if (status >= 500) counters.HTTPCode_ELB_5XX_Count++
  else if (status >= 400) counters.HTTPCode_ELB_4XX_Count++
}

/** Counts an answer of a target. */
export function countTarget(counters: Counters, status: number, seconds: number): void {
  if (status >= 500) counters.HTTPCode_Target_5XX_Count++
  else if (status >= 400) counters.HTTPCode_Target_4XX_Count++
  else if (status >= 300) counters.HTTPCode_Target_3XX_Count++
  else if (status >= 200) counters.HTTPCode_Target_2XX_Count++
  const time = counters.TargetResponseTime
  time.SampleCount++
  time.Sum += seconds
  time.Minimum = Math.min(time.Minimum, seconds)
  time.Maximum = Math.max(time.Maximum, seconds)
}
