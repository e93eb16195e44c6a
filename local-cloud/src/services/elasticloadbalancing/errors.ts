import { AwsError } from '../../core/aws-error.ts'

/** A refusal with one of Elastic Load Balancing's own codes. */
export function refuse(code: string, message: string, status = 400): AwsError {
  return new AwsError(code, message, status)
}

/** The code that AWS uses for input that breaks a constraint of its shape. */
export function invalid(message: string): AwsError {
  return refuse('ValidationError', message)
}

/** What AWS has and the local load balancer does not: said when it is asked for, not found out later. */
export function unsupported(what: string): AwsError {
  return refuse(
    'NotImplemented',
    `the local load balancer does not implement ${what}; see local-cloud/src/services/elasticloadbalancing/SPEC.md`,
    501,
  )
}

/** The refusals for things that do not exist, with AWS's words. */
export const notFound = {
  loadBalancer: (arn: string) => refuse('LoadBalancerNotFound', `Load balancers '[${arn}]' not found`),
  listener: () => refuse('ListenerNotFound', 'One or more listeners not found'),
  rule: () => refuse('RuleNotFound', 'One or more rules not found'),
  targetGroup: () => refuse('TargetGroupNotFound', 'One or more target groups not found'),
}
