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

/** Where times contradict each other, with what to change. Empty when they fit. */
export function lintTiming(t: Timing): { says: string; fix: string }[] {
  const file = `environments/src/${t.environment}.ts`
  const found: { says: string; fix: string }[] = []
  const rule = (bad: boolean, says: string, fix: string) => bad && found.push({ says, fix })
  const modify = (option: string, value: number) =>
    `aws elbv2 modify-target-group --target-group-arn ${t.targetGroup.arn} --${option} ${value}`
  const { name } = t.targetGroup
  const sick = t.intervalSeconds * t.unhealthyThreshold

  rule(
    t.stopTimeoutSeconds < t.deregistrationSeconds,
    `the API is killed ${t.stopTimeoutSeconds} s after SIGTERM, but ${name} drains for ${t.deregistrationSeconds} s: requests in flight are lost`,
    `set api.stopTimeoutSeconds to at least ${t.deregistrationSeconds} in ${file}, or: aws elbv2 modify-target-group-attributes --target-group-arn ${t.targetGroup.arn} --attributes Key=deregistration_delay.timeout_seconds,Value=${Math.min(t.declared.deregistrationSeconds, t.stopTimeoutSeconds)}`,
  )
  for (const [part, seconds] of [
    ['api', t.stopTimeoutSeconds],
    ['worker', t.workerStopTimeoutSeconds],
  ] as const)
    rule(
      seconds > FARGATE_STOP_MAX,
      `Fargate refuses a stop timeout of ${seconds} s for the ${part}; the longest is ${FARGATE_STOP_MAX} s`,
      `lower ${part}.stopTimeoutSeconds in ${file}`,
    )
  rule(
    t.timeoutSeconds >= t.intervalSeconds,
    `${name} waits ${t.timeoutSeconds} s for an answer but asks every ${t.intervalSeconds} s`,
    modify('health-check-timeout-seconds', Math.max(2, t.intervalSeconds - 2)),
  )
  rule(
    sick > SICK_MAX,
    `${name} sends traffic to a dead target for ${t.intervalSeconds} s × ${t.unhealthyThreshold} = ${sick} s; more than ${SICK_MAX} s is half of a rollback's budget`,
    modify('health-check-interval-seconds', Math.max(5, Math.floor(SICK_MAX / t.unhealthyThreshold))),
  )
  rule(
    t.graceSeconds < t.intervalSeconds * t.healthyThreshold,
    `a task has ${t.graceSeconds} s of grace, but needs ${t.intervalSeconds} s × ${t.healthyThreshold} = ${t.intervalSeconds * t.healthyThreshold} s to become healthy: it is killed before`,
    modify('health-check-interval-seconds', Math.max(5, Math.floor(t.graceSeconds / t.healthyThreshold))),
  )
  for (const [what, is, wanted, option] of [
    ['checks every', t.intervalSeconds, t.declared.healthCheckSeconds, 'health-check-interval-seconds'],
    ['takes back a target after', t.healthyThreshold, t.declared.healthyThreshold, 'healthy-threshold-count'],
    [
      'gives up a target after',
      t.unhealthyThreshold,
      t.declared.unhealthyThreshold,
      'unhealthy-threshold-count',
    ],
  ] as const)
    rule(
      is !== wanted,
      `${name} ${what} ${is}${option.endsWith('seconds') ? ' s' : ' checks'}, but ${file} says ${wanted}`,
      modify(option, wanted),
    )
  rule(
    t.deregistrationSeconds !== t.declared.deregistrationSeconds,
    `${name} drains for ${t.deregistrationSeconds} s, but ${file} says ${t.declared.deregistrationSeconds} s`,
    `aws elbv2 modify-target-group-attributes --target-group-arn ${t.targetGroup.arn} --attributes Key=deregistration_delay.timeout_seconds,Value=${t.declared.deregistrationSeconds}`,
  )
  rule(
    t.strategy !== 'ROLLING' && t.bakeMinutes * 60 <= sick,
    `a bake of ${t.bakeMinutes} min ends before a sick target is noticed (${sick} s): there is no time to take a release back`,
    `set deployment.bakeMinutes to at least ${Math.ceil((sick + 1) / 60)} in ${file}`,
  )
  return found
}
