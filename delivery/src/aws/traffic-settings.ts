import {
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  type Rule,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** How traffic is set up to flow; everything is undefined when it does not exist. */
export interface TrafficSettings {
  rule(arn: string): Promise<Rule | undefined>
  targetGroup(arn: string): Promise<{ group: TargetGroup; attributes: Record<string, string> } | undefined>
  /** The security groups that the load balancer really has. */
  securityGroups(loadBalancerArn: string): Promise<string[] | undefined>
}

export function createTrafficSettings(access: Access): TrafficSettings {
  const client = new ElasticLoadBalancingV2Client(clientConfig(access))
  return {
    rule: arn =>
      unless('RuleNotFoundException', async () => {
        const { Rules } = await client.send(new DescribeRulesCommand({ RuleArns: [arn] }))
        return Rules?.[0]
      }),
    targetGroup: TargetGroupArn =>
      unless('TargetGroupNotFoundException', async () => {
        const [{ TargetGroups }, { Attributes = [] }] = await Promise.all([
          client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] })),
          client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn })),
        ])
        const group = TargetGroups?.[0]
        const attributes = Object.fromEntries(Attributes.map(({ Key = '', Value = '' }) => [Key, Value]))
        return group && { group, attributes }
      }),
    securityGroups: arn =>
      unless('LoadBalancerNotFoundException', async () => {
        const { LoadBalancers } = await client.send(
          new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
        )
        return LoadBalancers?.[0]?.SecurityGroups
      }),
  }
}

async function unless<T>(absent: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if ((error as Error).name === absent) return undefined
    throw error
  }
}
