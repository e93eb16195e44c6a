import type { PolicyDocument } from './evaluate.ts'

/** The AWS-managed policies that exist here, by ARN, with AWS's own statements. Any other ARN is unknown. */
export const AWS_MANAGED: Readonly<Record<string, PolicyDocument>> = {
  'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy': {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: [
          'ecr:GetAuthorizationToken',
          'ecr:BatchCheckLayerAvailability',
          'ecr:GetDownloadUrlForLayer',
          'ecr:BatchGetImage',
          'logs:CreateLogStream',
          'logs:PutLogEvents',
        ],
        Resource: '*',
      },
    ],
  },
  'arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers': {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'ELBReadOperations',
        Effect: 'Allow',
        Action: [
          'elasticloadbalancing:DescribeListeners',
          'elasticloadbalancing:DescribeRules',
          'elasticloadbalancing:DescribeTargetGroups',
          'elasticloadbalancing:DescribeTargetHealth',
        ],
        Resource: '*',
      },
      {
        Sid: 'TargetGroupOperations',
        Effect: 'Allow',
        Action: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
        Resource: 'arn:aws:elasticloadbalancing:*:*:targetgroup/*/*',
      },
      {
        Sid: 'ALBModifyListeners',
        Effect: 'Allow',
        Action: 'elasticloadbalancing:ModifyListener',
        Resource: 'arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*',
      },
      {
        Sid: 'NLBModifyListeners',
        Effect: 'Allow',
        Action: 'elasticloadbalancing:ModifyListener',
        Resource: 'arn:aws:elasticloadbalancing:*:*:listener/net/*/*/*',
      },
      {
        Sid: 'ALBModifyRules',
        Effect: 'Allow',
        Action: 'elasticloadbalancing:ModifyRule',
        Resource: 'arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*',
      },
    ],
  },
}
