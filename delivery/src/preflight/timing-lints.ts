import type { Environment } from '@clarity/environments'

/** The times that decide whether a release loses requests: as the load balancer and the task definitions have them. */
export interface Timing {
  environment: string
  targetGroup: { name: string; arn: string }
  intervalSeconds: number
  timeoutSeconds: number
  healthyThreshold: number
  unhealthyThreshold: number
  deregistrationSeconds: number
  /** What the environment's data say of the same. */
  declared: Pick<
    Environment['loadBalancer'],
    'healthCheckSeconds' | 'healthyThreshold' | 'unhealthyThreshold' | 'deregistrationSeconds'
  >
  /** Of the API's container, from SIGTERM to SIGKILL. */
  stopTimeoutSeconds: number
  workerStopTimeoutSeconds: number
  /** In which failing checks do not count against a task. */
  graceSeconds: number
  strategy: Environment['deployment']['strategy']
  bakeMinutes: number
}

/** Longest stop timeout that Fargate takes, in seconds (ContainerDefinition.stopTimeout in the ECS API reference). */
const FARGATE_STOP_MAX = 120
/** Longest that a target which answers no check may keep its share of the traffic, in seconds: half a rollback's budget. */
const SICK_MAX = 30

/**
 * Where times contradict each other or the environment's data, with what to change; empty when they fit. A setting
 * that left the environment's data is mended by going back to it, whatever else it contradicts.
 */
export function lintTiming(t: Timing): { says: string; fix: string }[] {
  const file = `environments/src/${t.environment}.ts`
  const { name, arn } = t.targetGroup
  const { declared } = t
  const sick = t.intervalSeconds * t.unhealthyThreshold
  const healthy = t.intervalSeconds * t.healthyThreshold
  const modify = (option: string, value: number) =>
    `aws elbv2 modify-target-group --target-group-arn ${arn} --${option} ${value}`
  const interval = (seconds: number) =>
    modify(
      'health-check-interval-seconds',
      t.intervalSeconds === declared.healthCheckSeconds ? Math.max(5, seconds) : declared.healthCheckSeconds,
    )
  const drain = `aws elbv2 modify-target-group-attributes --target-group-arn ${arn} --attributes Key=deregistration_delay.timeout_seconds,Value=${declared.deregistrationSeconds}`

  const rules: [bad: boolean, says: string, fix: string][] = [
    [
      t.intervalSeconds !== declared.healthCheckSeconds,
      `${name} checks every ${t.intervalSeconds} s, but ${file} says ${declared.healthCheckSeconds} s`,
      interval(declared.healthCheckSeconds),
    ],
    [
      t.healthyThreshold !== declared.healthyThreshold,
      `${name} takes back a target after ${t.healthyThreshold} checks, but ${file} says ${declared.healthyThreshold}`,
      modify('healthy-threshold-count', declared.healthyThreshold),
    ],
    [
      t.unhealthyThreshold !== declared.unhealthyThreshold,
      `${name} gives up a target after ${t.unhealthyThreshold} checks, but ${file} says ${declared.unhealthyThreshold}`,
      modify('unhealthy-threshold-count', declared.unhealthyThreshold),
    ],
    [
      t.deregistrationSeconds !== declared.deregistrationSeconds,
      `${name} drains for ${t.deregistrationSeconds} s, but ${file} says ${declared.deregistrationSeconds} s`,
      drain,
    ],
    [
      t.stopTimeoutSeconds < t.deregistrationSeconds,
      `the API is killed ${t.stopTimeoutSeconds} s after SIGTERM, but ${name} drains for ${t.deregistrationSeconds} s: requests in flight are lost`,
      t.deregistrationSeconds === declared.deregistrationSeconds
        ? `set api.stopTimeoutSeconds to at least ${t.deregistrationSeconds} in ${file}`
        : drain,
    ],
    [
      t.stopTimeoutSeconds > FARGATE_STOP_MAX,
      `Fargate refuses a stop timeout of ${t.stopTimeoutSeconds} s for the API; the longest is ${FARGATE_STOP_MAX} s`,
      `lower api.stopTimeoutSeconds in ${file}`,
    ],
    [
      t.workerStopTimeoutSeconds > FARGATE_STOP_MAX,
      `Fargate refuses a stop timeout of ${t.workerStopTimeoutSeconds} s for the worker; the longest is ${FARGATE_STOP_MAX} s`,
      `lower worker.stopTimeoutSeconds in ${file}`,
    ],
    [
      t.timeoutSeconds >= t.intervalSeconds,
      `${name} waits ${t.timeoutSeconds} s for an answer but asks every ${t.intervalSeconds} s`,
      modify('health-check-timeout-seconds', Math.max(2, declared.healthCheckSeconds - 2)),
    ],
    [
      sick > SICK_MAX,
      `${name} sends traffic to a dead target for ${t.intervalSeconds} s × ${t.unhealthyThreshold} = ${sick} s; more than ${SICK_MAX} s is half of a rollback's budget`,
      interval(Math.floor(SICK_MAX / t.unhealthyThreshold)),
    ],
    [
      t.graceSeconds < healthy,
      `a task has ${t.graceSeconds} s of grace, but needs ${t.intervalSeconds} s × ${t.healthyThreshold} = ${healthy} s to become healthy: it may be killed before`,
      interval(Math.floor(t.graceSeconds / t.healthyThreshold)),
    ],
    [
      t.strategy !== 'ROLLING' && t.bakeMinutes * 60 <= sick,
      `a bake of ${t.bakeMinutes} min ends before a sick target is noticed (${sick} s): there is no time to take a release back`,
      `set deployment.bakeMinutes to at least ${Math.ceil((sick + 1) / 60)} in ${file}`,
    ],
  ]
  return rules.flatMap(([bad, says, fix]) => (bad ? [{ says, fix }] : []))
}
