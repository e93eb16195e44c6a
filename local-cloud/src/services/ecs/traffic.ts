import type {
  Action,
  DescribeRulesCommandOutput,
  DescribeTargetGroupsCommandOutput,
  DescribeTargetHealthCommandOutput,
  TargetHealth,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Clock } from '../../core/clock.ts'
import type { Invoke } from '../../core/service.ts'
import type { TaskTarget } from './records.ts'

const ELB = 'elasticloadbalancing'
const POLL_MS = 100

/** What ECS does with load balancers, as the service principal or the role that the service gives it. */
export interface Traffic {
  register(targets: TaskTarget[]): Promise<void>
  deregister(targets: TaskTarget[]): Promise<void>
  /** Resolves when the load balancer sends nothing more to the targets, or when the signal says to stop waiting. */
  drained(targets: TaskTarget[], signal: AbortSignal): Promise<void>
  /** The health of every target of the groups, by `targetKey`. */
  health(targetGroupArns: string[]): Promise<Map<string, TargetHealth>>
  /** The weights by which a rule forwards, by target group. @throws as DescribeRules does */
  weights(rule: string): Promise<Map<string, number>>
  /** Makes the rule forward by these weights. Its other actions and the groups' stickiness are kept. */
  shift(rule: string, weights: Map<string, number>): Promise<void>
  /** Which of the target groups no load balancer uses. */
  unused(targetGroupArns: string[]): Promise<string[]>
}

export const targetKey = ({ targetGroupArn, id, port }: TaskTarget) => `${targetGroupArn} ${id}:${port}`

export function createTraffic(invoke: Invoke, clock: Clock, principal = 'ecs.amazonaws.com'): Traffic {
  const call = <Output>(operation: string, input: object) => invoke<Output>(ELB, operation, input, principal)

  async function each(operation: string, targets: TaskTarget[]): Promise<void> {
    for (const { targetGroupArn, id, port } of targets)
      await call(operation, { TargetGroupArn: targetGroupArn, Targets: [{ Id: id, Port: port }] })
  }

  async function health(targetGroupArns: string[]): Promise<Map<string, TargetHealth>> {
    const all = new Map<string, TargetHealth>()
    for (const targetGroupArn of new Set(targetGroupArns)) {
      const answer = await call<DescribeTargetHealthCommandOutput>('DescribeTargetHealth', {
        TargetGroupArn: targetGroupArn,
      })
      for (const { Target, TargetHealth: state } of answer.TargetHealthDescriptions ?? [])
        if (Target && state)
          all.set(targetKey({ targetGroupArn, id: Target.Id ?? '', port: Number(Target.Port) }), state)
    }
    return all
  }

  async function drained(targets: TaskTarget[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const states = await health(targets.map(target => target.targetGroupArn))
      const busy = targets.some(target => {
        const state = states.get(targetKey(target))?.State
        return state !== undefined && state !== 'unused'
      })
      if (!busy) return
      await clock.sleep(POLL_MS, signal).catch(() => {})
    }
  }

  async function actionsOf(rule: string): Promise<Action[]> {
    const { Rules } = await call<DescribeRulesCommandOutput>('DescribeRules', { RuleArns: [rule] })
    return Rules?.[0]?.Actions ?? []
  }

  async function weights(rule: string): Promise<Map<string, number>> {
    const forward = (await actionsOf(rule)).find(action => action.Type === 'forward')
    const groups =
      forward?.ForwardConfig?.TargetGroups ??
      (forward?.TargetGroupArn ? [{ TargetGroupArn: forward.TargetGroupArn, Weight: 1 }] : [])
    return new Map(groups.map(({ TargetGroupArn = '', Weight = 1 }) => [TargetGroupArn, Number(Weight)]))
  }

  async function shift(rule: string, wanted: Map<string, number>): Promise<void> {
    const actions = await actionsOf(rule)
    const groups = [...wanted].map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }))
    const stickiness = actions.find(a => a.Type === 'forward')?.ForwardConfig?.TargetGroupStickinessConfig
    const forward: Action = {
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: groups,
        ...(stickiness && { TargetGroupStickinessConfig: stickiness }),
      },
    }
    const kept = actions.filter(action => action.Type !== 'forward')
    await call('ModifyRule', {
      RuleArn: rule,
      Actions: kept.length ? [...kept, { ...forward, Order: kept.length + 1 }] : [forward],
    })
  }

  async function unused(targetGroupArns: string[]): Promise<string[]> {
    const answer = await call<DescribeTargetGroupsCommandOutput>('DescribeTargetGroups', {
      TargetGroupArns: targetGroupArns,
    })
    return (answer.TargetGroups ?? [])
      .filter(group => !group.LoadBalancerArns?.length)
      .map(group => group.TargetGroupArn ?? '')
  }

  return {
    register: targets => each('RegisterTargets', targets),
    deregister: targets => each('DeregisterTargets', targets),
    drained,
    health,
    weights,
    shift,
    unused,
  }
}
