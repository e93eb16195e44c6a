import {
  DescribeRulesCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** Weight by target group ARN, as the rule itself has it: the truth about where traffic goes. */
export type RuleWeights = Record<string, number>

export interface TargetState {
  target: string
  state: string
  reason?: string
  description?: string
}

/** The calls that a release makes to the load balancer: it only reads. */
export interface LoadBalancing {
  weights(ruleArn: string): Promise<RuleWeights>
  targets(targetGroupArn: string): Promise<TargetState[]>
}

export function createLoadBalancing(access: Access): LoadBalancing {
  const client = new ElasticLoadBalancingV2Client(clientConfig(access))
  return {
    weights: async ruleArn => {
      const { Rules } = await client.send(new DescribeRulesCommand({ RuleArns: [ruleArn] }))
      const groups =
        Rules?.[0]?.Actions?.find(action => action.Type === 'forward')?.ForwardConfig?.TargetGroups ?? []
      return Object.fromEntries(groups.map(group => [group.TargetGroupArn ?? '', group.Weight ?? 0]))
    },
    targets: async TargetGroupArn => {
      const { TargetHealthDescriptions = [] } = await client.send(
        new DescribeTargetHealthCommand({ TargetGroupArn }),
      )
      return TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
        target: `${Target?.Id}:${Target?.Port}`,
        state: TargetHealth?.State ?? 'unknown',
        reason: TargetHealth?.Reason,
        description: TargetHealth?.Description,
      }))
    },
  }
}
