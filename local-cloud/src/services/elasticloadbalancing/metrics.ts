/** Where a request went: the load balancer, the rule that took it, and the group where it was forwarded. */
export interface Path {
  loadBalancerArn: string
  ruleArn: string
  targetGroupArn?: string
}

/** What is counted for one path since it was last taken, under CloudWatch's names. */
export interface Counters extends Path {
  /** Requests for which a target was chosen, as AWS counts. */
  RequestCount: number
  HTTP_Redirect_Count: number
  HTTP_Fixed_Response_Count: number
  HTTPCode_Target_2XX_Count: number
  HTTPCode_Target_3XX_Count: number
  HTTPCode_Target_4XX_Count: number
  HTTPCode_Target_5XX_Count: number
  HTTPCode_ELB_3XX_Count: number
  HTTPCode_ELB_4XX_Count: number
  HTTPCode_ELB_5XX_Count: number
  HTTPCode_ELB_500_Count: number
  HTTPCode_ELB_502_Count: number
  HTTPCode_ELB_503_Count: number
  HTTPCode_ELB_504_Count: number
  TargetConnectionErrorCount: number
  NewConnectionCount: number
  /** From the request's last header to the target's first: how often in which `step`, see `secondsOf`. */
  responseTimes: Map<number, number>
}

/** Counters in memory; a restart begins anew, as samples that were published are elsewhere. */
export interface Metrics {
  of(path: Path): Counters
  /** The same, for one that is asked for often. */
  follow(path: Path): () => Counters
  /** Every path's counters since the last taking; they begin anew. */
  take(): Counters[]
}

/** Steps of response times for each factor of e: neighbours are five percent apart. */
const STEPS = 20

export function createMetrics(): Metrics {
  let all = new Map<string, Counters>()

  function of(path: Path): Counters {
    const key = `${path.loadBalancerArn} ${path.ruleArn} ${path.targetGroupArn ?? ''}`
    let counters = all.get(key)
    if (!counters) {
      counters = emptyCounters(path)
      all.set(key, counters)
    }
    return counters
  }

  return {
    of,
    follow: path => {
      let since: typeof all | undefined
      let counters: Counters | undefined
      return () => {
        if (counters && since === all) return counters
        since = all
        counters = of(path)
        return counters
      }
    },
    take: () => {
      const taken = [...all.values()]
      all = new Map()
      return taken
    },
  }
}

/** Counters of a path that nothing has travelled. */
export function emptyCounters(path: Path): Counters {
  return {
    ...path,
    RequestCount: 0,
    HTTP_Redirect_Count: 0,
    HTTP_Fixed_Response_Count: 0,
    HTTPCode_Target_2XX_Count: 0,
    HTTPCode_Target_3XX_Count: 0,
    HTTPCode_Target_4XX_Count: 0,
    HTTPCode_Target_5XX_Count: 0,
    HTTPCode_ELB_3XX_Count: 0,
    HTTPCode_ELB_4XX_Count: 0,
    HTTPCode_ELB_5XX_Count: 0,
    HTTPCode_ELB_500_Count: 0,
    HTTPCode_ELB_502_Count: 0,
    HTTPCode_ELB_503_Count: 0,
    HTTPCode_ELB_504_Count: 0,
    TargetConnectionErrorCount: 0,
    NewConnectionCount: 0,
    responseTimes: new Map(),
  }
}

/** Counts an answer of the load balancer itself. */
export function countOwn(counters: Counters, status: number): void {
  if (status >= 500) counters.HTTPCode_ELB_5XX_Count++
  else if (status >= 400) counters.HTTPCode_ELB_4XX_Count++
  else if (status >= 300) counters.HTTPCode_ELB_3XX_Count++
  const own = `HTTPCode_ELB_${status}_Count`
  if (status >= 500 && own in counters) counters[own as 'HTTPCode_ELB_502_Count']++
}

/** Counts an answer of a target. */
export function countTarget(counters: Counters, status: number, seconds: number): void {
  if (status >= 500) counters.HTTPCode_Target_5XX_Count++
  else if (status >= 400) counters.HTTPCode_Target_4XX_Count++
  else if (status >= 300) counters.HTTPCode_Target_3XX_Count++
  else if (status >= 200) counters.HTTPCode_Target_2XX_Count++
  const step = Math.round(Math.log(Math.max(seconds, 1e-6)) * STEPS)
  counters.responseTimes.set(step, (counters.responseTimes.get(step) ?? 0) + 1)
}

/** The time that a step of `responseTimes` stands for, within 2.5 percent, to three digits. */
export function secondsOf(step: number): number {
  return Number(Math.exp(step / STEPS).toPrecision(3))
}
