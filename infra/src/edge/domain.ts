import { Certificate, CertificateValidation, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager'
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { ARecord, HostedZone, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets'
import type { ClarityStack } from '../clarity-stack.ts'

/**
 * The environment's certificate: the one that its data names, or one for its name. Without a hosted zone the stack
 * waits until a person has made the DNS record that validates it.
 */
export function certificate(stack: ClarityStack): ICertificate {
  const { certificateArn } = stack.settings.loadBalancer
  if (certificateArn) return Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)
  return new Certificate(stack, 'Certificate', {
    domainName: hostOf(stack),
    validation: CertificateValidation.fromDns(zoneOf(stack)),
  })
}

/** Points the environment's name at the load balancer, where its zone is in Route 53. */
export function pointName(stack: ClarityStack, balancer: ApplicationLoadBalancer): void {
  const zone = zoneOf(stack)
  if (!zone) return
  new ARecord(stack, 'Name', {
    zone,
    recordName: `${hostOf(stack)}.`,
    target: RecordTarget.fromAlias(new LoadBalancerTarget(balancer)),
  })
}

function hostOf({ settings }: ClarityStack): string {
  return new URL(settings.loadBalancer.baseUrl).hostname
}

function zoneOf(stack: ClarityStack): IHostedZone | undefined {
  const { hostedZone } = stack.settings.loadBalancer
  if (!hostedZone) return undefined
  const existing = stack.node.tryFindChild('Zone') as IHostedZone | undefined
  return (
    existing ??
    HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
      hostedZoneId: hostedZone.id,
      zoneName: hostedZone.name,
    })
  )
}
