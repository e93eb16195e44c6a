import { type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { allow, type ClarityStack } from '../clarity-stack.ts'

/**
 * ECS itself, which moves traffic between the target groups during a release. The actions are those of AWS's own
 * `AmazonECSInfrastructureRolePolicyForLoadBalancers`, on this environment's listeners and groups alone.
 */
export function loadBalancerRole(stack: ClarityStack): Role {
  const { names } = stack
  const balancer = `${names.loadBalancer}/*`
  return stack.role(
    'LoadBalancerRole',
    {
      roleName: names.loadBalancerRole,
      description: 'ECS itself: moves traffic between the target groups during a release',
      assumedBy: new ServicePrincipal('ecs.amazonaws.com'),
    },
    [
      // they know no resources (service authorization reference)
      allow(
        [
          'elasticloadbalancing:DescribeListeners',
          'elasticloadbalancing:DescribeRules',
          'elasticloadbalancing:DescribeTargetGroups',
          'elasticloadbalancing:DescribeTargetHealth',
        ],
        ['*'],
      ),
      allow(
        ['elasticloadbalancing:ModifyListener'],
        [stack.arnOf('elasticloadbalancing', `listener/app/${balancer}`)],
      ),
      allow(
        ['elasticloadbalancing:ModifyRule'],
        [stack.arnOf('elasticloadbalancing', `listener-rule/app/${balancer}`)],
      ),
      allow(
        ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
        [names.blueTargetGroup, names.greenTargetGroup].map(name =>
          stack.arnOf('elasticloadbalancing', `targetgroup/${name}/*`),
        ),
      ),
    ],
  )
}
