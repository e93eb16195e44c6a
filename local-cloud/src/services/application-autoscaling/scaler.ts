import type { MetricAlarm } from '@aws-sdk/client-cloudwatch'
import type { ServiceContext } from '../../core/service.ts'
import type { Activities } from './activities.ts'
import { step, track, type Wish } from './decide.ts'
import type { EcsCapacities, EcsCapacity } from './ecs-capacity.ts'
import type { PolicyAlarms } from './policy-alarms.ts'
import { keyOfTarget, type PolicyRecord, type Records, type TargetRecord } from './records.ts'

/** What a policy answers: its wish, and the alarm that made it. */
interface Verdict {
  policy: PolicyRecord
  wish: Wish
  cause: string
}

/**
 * Looks at every target once a minute of the clock, as often as CloudWatch calls a policy whose alarm rings,
 * and sets the capacity that its policies want.
 * @returns what ends it
 */
export function startScaler(world: {
  context: ServiceContext
  records: Records
  capacities: EcsCapacities
  alarms: PolicyAlarms
  activities: Activities
}): () => void {
  const { context, records, capacities, alarms, activities } = world
  const { clock } = context
  const minute = clock.minutes(1)
  let cancel = () => {}
  let busy = false

  async function tick(): Promise<void> {
    if (busy) return
    busy = true
    try {
      await activities.refresh()
      for (const key of records.targets.keys()) await look(key)
    } catch (error) {
      context.log('application-autoscaling', 'a target was not looked at', {
        error: (error as Error).message,
      })
    } finally {
      busy = false
    }
  }

  function schedule(): void {
    cancel = clock.after(minute, () => {
      schedule()
      void tick()
    })
  }

  async function look(key: string): Promise<void> {
    const policies = records.policies.list(`${key}|`)
    const target = records.targets.get(key)
    const capacity = target && policies.length > 0 ? await capacities.read(target.resourceId) : undefined
    if (!target || !capacity) return
    const verdicts: Verdict[] = []
    for (const policy of policies) verdicts.push(await ask(policy, capacity))
    const chosen = choose(verdicts, target, capacity)
    if (chosen) await scale(target, capacity, chosen)
  }

  async function ask(policy: PolicyRecord, { desired }: EcsCapacity): Promise<Verdict> {
    const ringing = await alarms.ringing(policy)
    const alarm: MetricAlarm | undefined =
      ringing.find(one => one.AlarmName === policy.alarms?.high) ?? ringing[0]
    if (!alarm) return { policy, wish: undefined, cause: '' }
    const cause = `monitor alarm ${alarm.AlarmName} in state ALARM triggered policy ${policy.name}`
    const value = await alarms.metricValue(alarm)
    if (policy.type === 'TargetTrackingScaling') {
      const high = alarm.AlarmName === policy.alarms?.high
      const sight = { policy, high, low: !high, value, capacity: desired, now: clock.now() }
      return { policy, wish: track({ ...sight, second: minute / 60 }), cause }
    }
    if (value === undefined || !policy.step || isCooling(policy)) return { policy, wish: undefined, cause }
    return { policy, wish: step(policy.step, value - (alarm.Threshold ?? 0), desired), cause }
  }

  /** Step scaling has one cooldown for both directions. */
  function isCooling({ step: settings, lastOut, lastInAt }: PolicyRecord): boolean {
    const last = Math.max(lastOut?.at ?? 0, lastInAt ?? 0)
    return clock.now() < last + ((settings?.Cooldown ?? 0) * minute) / 60
  }

  async function scale(target: TargetRecord, { desired }: EcsCapacity, chosen: Chosen): Promise<void> {
    const { to, verdict, direction } = chosen
    const { cause, policy } = verdict
    const bounded = Math.min(Math.max(to, target.least), target.most)
    if (direction === 'out' ? bounded <= desired : bounded >= desired) {
      const bound =
        direction === 'out'
          ? { Code: 'AlreadyAtMaxCapacity', MaxCapacity: target.most }
          : { Code: 'AlreadyAtMinCapacity', MinCapacity: target.least }
      return activities.notScaled(target, cause, { ...bound, CurrentCapacity: desired })
    }
    const now = clock.now()
    const activity = records.store.transaction(() => {
      const { lastInAt: _, ...rest } = policy
      records.policies.put(
        `${keyOfTarget(target)}|${policy.name}`,
        direction === 'out' ? { ...rest, lastOut: { at: now, from: desired } } : { ...policy, lastInAt: now },
      )
      return activities.record(target, { cause, capacity: bounded })
    })
    await capacities
      .set(target.resourceId, bounded)
      .catch(error => activities.fail(activity, (error as Error).message))
  }

  schedule()
  return () => cancel()
}

interface Chosen {
  verdict: Verdict
  to: number
  direction: 'out' | 'in'
}

/**
 * The largest capacity that a policy wants; in only where all target tracking policies that may scale in want it.
 * While ECS deploys there is no scaling in.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
 */
function choose(verdicts: Verdict[], target: TargetRecord, capacity: EcsCapacity): Chosen | undefined {
  const { DynamicScalingInSuspended, DynamicScalingOutSuspended } = target.suspended
  const wanting = (direction: 'out' | 'in') =>
    verdicts
      .flatMap(verdict => {
        const to = verdict.wish && direction in verdict.wish ? Object.values(verdict.wish)[0] : undefined
        return to === undefined ? [] : [{ verdict, to: to as number, direction }]
      })
      .sort((a, b) => b.to - a.to)
  const [largest] = DynamicScalingOutSuspended ? [] : wanting('out')
  if (largest || wanting('out').length > 0) return largest
  const mayScaleIn = verdicts.filter(({ policy }) => policy.tracking && !policy.tracking.DisableScaleIn)
  const ins = wanting('in').filter(({ verdict }) => !verdict.policy.tracking?.DisableScaleIn)
  const agreed = mayScaleIn.every(one => ins.some(({ verdict }) => verdict === one))
  return DynamicScalingInSuspended || capacity.deploying || !agreed ? undefined : ins[0]
}
