import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Clock } from '../../core/clock.ts'
import { type CheckResult, checkHealth, describeFailure } from './health-check.ts'
import type { TargetGroupRecord, TargetRecord } from './model.ts'
import { createTarget, type Target, type Work } from './target.ts'

/** While a new target's port refuses connections (its process is still starting), it is tried this often. */
const STARTING_RETRY_MS = 250

/** The targets of every group: their health, their turn and their draining. */
export interface Fleet {
  /** A new group, or new settings of a known one. */
  configure(group: TargetGroupRecord): void
  remove(groupArn: string): void
  /** Names the groups that rules forward to; only their targets are checked. */
  setInUse(groupArns: ReadonlySet<string>): void
  /** Registers, or takes back a target that was draining. */
  register(target: TargetRecord): void
  deregister(groupArn: string, key: string): void
  /** By registration; draining ones included. */
  describe(groupArn: string): Target[]
  /** The target whose turn it is: a healthy one, any unhealthy one where none is healthy, or undefined. */
  choose(groupArn: string, except?: ReadonlySet<Target>): Target | undefined
  /** Marks the target as busy until the returned function is called. */
  begin(target: Target, work: Work): () => void
  stop(): void
}

interface Group {
  record: TargetGroupRecord
  targets: Map<string, Target>
  inUse: boolean
  turn: number
  /** Those that take requests now. */
  eligible: Target[]
}

export function createFleet(clock: Clock): Fleet {
  const groups = new Map<string, Group>()
  const homes = new Map<Target, Group>()

  function configure(record: TargetGroupRecord): void {
    const known = groups.get(record.arn)
    if (known) known.record = record
    else groups.set(record.arn, { record, targets: new Map(), inUse: false, turn: 0, eligible: [] })
  }

  function register(place: TargetRecord): void {
    const group = groups.get(place.groupArn)
    const known = group?.targets.get(keyOf(place))
    if (!group || (known && known.health.State !== 'draining')) return
    if (known) vanish(group, known)
    const target = createTarget(place, group.record.protocol)
    group.targets.set(keyOf(place), target)
    homes.set(target, group)
    begins(group, target)
  }

  /** Puts a target at the start of its life, checked or not. */
  function begins(group: Group, target: Target): void {
    target.cancel()
    target.passed = target.failed = target.countedAt = 0
    if (group.inUse) {
      judge(group, target, REGISTERING)
      target.cancel = clock.after(0, () => void check(group, target))
    } else judge(group, target, NOT_IN_USE)
  }

  async function check(group: Group, target: Target): Promise<void> {
    const startedAt = clock.now()
    if (target.health === REGISTERING) judge(group, target, CHECKING)
    let stopped = false
    target.cancel = () => {
      stopped = true
    }
    const result = await checkHealth(target, group.record.healthCheck, clock)
    if (stopped) return
    weigh(group, target, result, startedAt)
    const starting = result.kind === 'refused' && target.health.State === 'initial'
    const interval = group.record.healthCheck.interval * 1000 - (clock.now() - startedAt)
    target.cancel = clock.after(
      Math.max(0, starting ? Math.min(STARTING_RETRY_MS, interval) : interval),
      () => void check(group, target),
    )
  }

  function weigh(group: Group, target: Target, result: CheckResult, startedAt: number): void {
    const { interval, healthy, unhealthy } = group.record.healthCheck
    const state = target.health.State
    if (result.kind === 'passed') {
      target.failed = 0
      target.passed++
      if (state === 'initial' || target.passed >= healthy) judge(group, target, HEALTHY)
      return
    }
    target.passed = 0
    if (startedAt - target.countedAt < interval * 1000 - STARTING_RETRY_MS) return
    target.countedAt = startedAt
    target.failed++
    if (target.failed >= unhealthy) judge(group, target, { State: 'unhealthy', ...describeFailure(result) })
  }

  function judge(group: Group, target: Target, health: TargetHealth): void {
    target.health = health
    const all = [...group.targets.values()]
    const healthy = all.filter(one => one.health.State === 'healthy')
    group.eligible = healthy.length > 0 ? healthy : all.filter(one => one.health.State === 'unhealthy')
  }

  function deregister(groupArn: string, key: string): void {
    const group = groups.get(groupArn)
    const target = group?.targets.get(key)
    if (!group || !target || target.health.State === 'draining') return
    target.cancel()
    judge(group, target, DRAINING)
    if (target.work.size === 0) return void vanish(group, target)
    const seconds = Number(group.record.attributes['deregistration_delay.timeout_seconds'] ?? 300)
    target.cancel = clock.after(seconds * 1000, () => vanish(group, target))
  }

  function vanish(group: Group, target: Target): void {
    target.cancel()
    group.targets.delete(keyOf(target))
    homes.delete(target)
    for (const work of [...target.work]) work.abort()
    target.upstreams.close()
    judge(group, target, target.health)
  }

  function choose(groupArn: string, except?: ReadonlySet<Target>): Target | undefined {
    const group = groups.get(groupArn)
    if (!group) return undefined
    const able = except?.size ? group.eligible.filter(target => !except.has(target)) : group.eligible
    const turn = group.turn++ % (able.length || 1)
    const algorithm = group.record.attributes['load_balancing.algorithm.type']
    if (algorithm === 'weighted_random') return able[Math.floor(Math.random() * able.length)]
    if (algorithm === 'least_outstanding_requests')
      return able.reduce<Target | undefined>(
        (least, target) => (least && least.work.size <= target.work.size ? least : target),
        undefined,
      )
    return able[turn]
  }

  function begin(target: Target, work: Work): () => void {
    target.work.add(work)
    return () => {
      const group = homes.get(target)
      if (target.work.delete(work) && target.work.size === 0 && target.health.State === 'draining' && group)
        vanish(group, target)
    }
  }

  function setInUse(arns: ReadonlySet<string>): void {
    for (const [arn, group] of groups) {
      if (group.inUse === arns.has(arn)) continue
      group.inUse = arns.has(arn)
      for (const target of group.targets.values())
        if (target.health.State !== 'draining') begins(group, target)
    }
  }

  function remove(arn: string): void {
    const group = groups.get(arn)
    if (!group) return
    for (const target of [...group.targets.values()]) vanish(group, target)
    groups.delete(arn)
  }

  return {
    configure,
    remove,
    setInUse,
    register,
    deregister,
    describe: arn => [...(groups.get(arn)?.targets.values() ?? [])],
    choose,
    begin,
    stop: () => {
      for (const arn of [...groups.keys()]) remove(arn)
    },
  }
}

/** How a target is known inside its group. */
export function keyOf(target: { id: string; port: number }): string {
  return `${target.id}:${target.port}`
}

const REGISTERING: TargetHealth = {
  State: 'initial',
  Reason: 'Elb.RegistrationInProgress',
  Description: 'Target registration is in progress',
}
const CHECKING: TargetHealth = {
  State: 'initial',
  Reason: 'Elb.InitialHealthChecking',
  Description: 'Initial health checks in progress',
}
const HEALTHY: TargetHealth = { State: 'healthy' }
const NOT_IN_USE: TargetHealth = {
  State: 'unused',
  Reason: 'Target.NotInUse',
  Description: 'Target group is not configured to receive traffic from the load balancer',
}
const DRAINING: TargetHealth = {
  State: 'draining',
  Reason: 'Target.DeregistrationInProgress',
  Description: 'Target deregistration is in progress',
}
