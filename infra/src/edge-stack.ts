import { CONTAINER_PORT, type Environment, type Listener } from '@clarity/environments'
import { Duration } from 'aws-cdk-lib'
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager'
import { type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import {
  type ApplicationListener,
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  DesyncMitigationMode,
  ListenerAction,
  ListenerCondition,
  SslPolicy,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'
import { certificate, pointName } from './edge/domain.ts'
import { firewall } from './edge/firewall.ts'

/** What is answered; the rest is `404` without waking a task. A rule takes five values at most (ALB quotas). */
const PATHS = ['/api/*', '/health', '/health/*', '/openapi.json', '/reference*']

/**
 * The way in: one load balancer behind a firewall, a production and a test rule, and a matched pair of target
 * groups. ECS re-weights both rules at every release; from then on their weights are its own, not the template's.
 */
export class EdgeStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'edge', environment)
    const zones = environment.network.zones
    const vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: this.take('vpc-id'),
      availabilityZones: zones,
      publicSubnetIds: this.takeList('public-subnet-ids', zones.length),
    })
    const balancer = this.loadBalancer(vpc)
    const blue = this.targetGroup('Blue', this.names.blueTargetGroup, vpc)
    const green = this.targetGroup('Green', this.names.greenTargetGroup, vpc)

    const { production, test } = environment.loadBalancer
    const tls = production.protocol === 'HTTPS' || test.protocol === 'HTTPS'
    const secret = tls ? certificate(this) : undefined
    const listeners = {
      production: this.listener(balancer, 'Production', production, secret),
      test: this.listener(balancer, 'Test', test, secret),
    }
    if (tls) balancer.addRedirect({ open: false })
    const productionRule = this.rule('ProductionRule', listeners.production, blue, green)
    const testRule = this.rule('TestRule', listeners.test, blue, green)

    firewall(this, [
      { id: 'LoadBalancer', arn: balancer.loadBalancerArn },
      { id: 'Users', arn: this.arnOf('cognito-idp', `userpool/${this.take('user-pool-id')}`) },
    ])
    pointName(this, balancer)
    this.handOn('load-balancer-arn', balancer.loadBalancerArn)
    this.handOn('production-listener-arn', listeners.production.listenerArn)
    this.handOn('production-rule-arn', productionRule.listenerRuleArn)
    this.handOn('test-rule-arn', testRule.listenerRuleArn)
    this.handOn('blue-target-group-arn', blue.targetGroupArn)
    this.handOn('green-target-group-arn', green.targetGroupArn)
  }

  private loadBalancer(vpc: IVpc): ApplicationLoadBalancer {
    const balancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      loadBalancerName: this.names.loadBalancer,
      vpc,
      internetFacing: true,
      securityGroup: SecurityGroup.fromSecurityGroupId(
        this,
        'LoadBalancerGroup',
        this.take('load-balancer-security-group-id'),
        { mutable: false },
      ),
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.DEFENSIVE,
      deletionProtection: this.settings.data.protect,
      idleTimeout: Duration.seconds(60),
      clientKeepAlive: Duration.minutes(10),
    })
    // the bucket's policy, which the audit stack has, lets the load balancer write here
    for (const kind of ['access', 'connection']) {
      balancer.setAttribute(`${kind}_logs.s3.enabled`, 'true')
      balancer.setAttribute(`${kind}_logs.s3.bucket`, this.names.accessLogBucket)
      balancer.setAttribute(`${kind}_logs.s3.prefix`, `alb/${kind}`)
    }
    return balancer
  }

  private targetGroup(id: string, name: string, vpc: IVpc): ApplicationTargetGroup {
    const { loadBalancer } = this.settings
    return new ApplicationTargetGroup(this, id, {
      targetGroupName: name,
      vpc,
      port: CONTAINER_PORT,
      protocol: ApplicationProtocol.HTTP,
      targetType: TargetType.IP,
      deregistrationDelay: Duration.seconds(loadBalancer.deregistrationSeconds),
      healthCheck: {
        path: '/health',
        healthyHttpCodes: '200',
        interval: Duration.seconds(loadBalancer.healthCheckSeconds),
        timeout: Duration.seconds(Math.max(2, loadBalancer.healthCheckSeconds - 2)),
        healthyThresholdCount: loadBalancer.healthyThreshold,
        unhealthyThresholdCount: loadBalancer.unhealthyThreshold,
      },
    })
  }

  private listener(
    balancer: ApplicationLoadBalancer,
    id: string,
    { port, protocol }: Listener,
    secret: ICertificate | undefined,
  ): ApplicationListener {
    const secure = protocol === 'HTTPS' && secret !== undefined
    return balancer.addListener(id, {
      port,
      protocol: secure ? ApplicationProtocol.HTTPS : ApplicationProtocol.HTTP,
      ...(secure ? { certificates: [secret], sslPolicy: SslPolicy.TLS13_13_PQ } : {}),
      open: false,
      defaultAction: ListenerAction.fixedResponse(404, {
        contentType: 'text/plain',
        messageBody: 'not found',
      }),
    })
  }

  private rule(
    id: string,
    listener: ApplicationListener,
    blue: ApplicationTargetGroup,
    green: ApplicationTargetGroup,
  ): ApplicationListenerRule {
    return new ApplicationListenerRule(this, id, {
      listener,
      priority: 10,
      conditions: [ListenerCondition.pathPatterns(PATHS)],
      action: ListenerAction.weightedForward([
        { targetGroup: blue, weight: 100 },
        { targetGroup: green, weight: 0 },
      ]),
    })
  }
}
