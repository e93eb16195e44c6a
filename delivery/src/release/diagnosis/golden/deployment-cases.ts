import type { Case } from './case.ts'
import { ACCOUNT, deployment, event, GROUP, rolledBack } from './facts.ts'

const BACK = 'Service deployment rolled back because '
const LAMBDA = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:clarity-hook`

export const DEPLOYMENT_CASES: Case[] = [
  ['service-missing', { counts: undefined, deployment: undefined }],
  [
    'rule-arn-format',
    {
      events: event(
        'productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: arn:aws:elasticloadbalancing:us-east-1:1:listener/app/a/b/c',
      ),
    },
    /productionListenerRule/,
  ],
  [
    'one-rule-for-both',
    {
      deployment: rolledBack(
        'The following rules cannot be used as both production and test listener rules: arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/a/b/c/d',
      ),
    },
  ],
  [
    'test-rule-missing',
    {
      deployment: rolledBack(
        'For Application LoadBalancer, testListenerRule is required when productionListenerRule is not associated with both targetGroup and alternateTargetGroup',
      ),
    },
  ],
  [
    'load-balancer-settings',
    {
      deployment: rolledBack(
        'advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy',
      ),
    },
  ],
  [
    'group-not-attached',
    {
      deployment: rolledBack(
        `${BACK}of invalid networking configuration. Both targetGroup and alternateTargetGroup must be associated with the productionListenerRule or testListenerRule.`,
      ),
    },
  ],
  [
    'group-not-attached',
    {
      deployment: rolledBack(
        `${BACK}of invalid networking configuration: Target group ${GROUP} is not associated with either productionListenerRule or testListenerRule.`,
      ),
    },
    /clarity-api-green/,
  ],
  [
    'two-groups-serve',
    {
      deployment: rolledBack(
        `${BACK}of invalid networking configuration. productionListenerRule arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/a/b/c/d should have exactly one target group serving traffic but found 2 target groups which are serving traffic`,
      ),
    },
  ],
  [
    'foreign-group-serves',
    {
      deployment: rolledBack(
        `${BACK}of invalid networking configuration. Production listener rule is forwarding traffic to unexpected target group arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/other/1. Expected traffic to be forwarded to either targetGroupArn: ${GROUP}`,
      ),
    },
  ],
  [
    'listener-rule-gone',
    { deployment: rolledBack(`${BACK}of invalid networking configuration. One or more rules not found`) },
  ],
  [
    'load-balancer-role',
    {
      deployment: rolledBack(
        `${BACK}of invalid networking configuration. ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role 'arn:aws:iam::${ACCOUNT}:role/x'.`,
      ),
    },
  ],
  [
    'load-balancer-role',
    {
      deployment: rolledBack(
        `${BACK}TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User: arn:aws:sts::${ACCOUNT}:assumed-role/x/ECSNetworkingWithELB is not authorized to perform: elasticloadbalancing:ModifyListener on resource: arn:aws:elasticloadbalancing:us-east-1:1:listener/app/a/b/c`,
      ),
    },
    /ModifyListener/,
  ],
  [
    'service-role-changed',
    {
      events: event(
        'failed to launch a task with (error IAM trust relationship policies have been misconfigured or changed).',
      ),
    },
  ],
  [
    'invalid-networking',
    { deployment: rolledBack(`${BACK}of invalid networking configuration. Something new`) },
  ],
  [
    'hook-role',
    {
      deployment: rolledBack(
        `${BACK}TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. ECS was unable to assume role arn:aws:iam::${ACCOUNT}:role/x`,
      ),
    },
  ],
  [
    'hook-role',
    {
      deployment: rolledBack(
        `${BACK}TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. ECS was unable to invoke hook target ${LAMBDA} due to User: x is not authorized to perform: lambda:InvokeFunction on resource: ${LAMBDA}`,
      ),
    },
  ],
  [
    'hook-answer',
    {
      deployment: rolledBack(
        `${BACK}PRE_SCALE_UP lifecycle hook(s) failed. ECS was unable to parse the response from ${LAMBDA} due to: HookStatus must not be null.`,
      ),
    },
    /PRE_SCALE_UP/,
  ],
  [
    'hook-failed',
    {
      deployment: rolledBack(
        `${BACK}PRE_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target ${LAMBDA} returned FAILED status.`,
      ),
    },
  ],
  [
    'hook-failed',
    { events: event('(deployment ecs-svc/1) deployment failed: hook execution failure(s) detected.') },
  ],
  [
    'pause-timed-out',
    { deployment: rolledBack(`${BACK}POST_TEST_TRAFFIC_SHIFT pause hook timed out.`) },
    /POST_TEST_TRAFFIC_SHIFT/,
  ],
  [
    'suites-failed',
    {
      deployment: rolledBack(
        `${BACK}POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. ROLLBACK was chosen for pause hook ecs-pause-1.`,
      ),
    },
  ],
  [
    'approval-rejected',
    {
      deployment: rolledBack(
        `${BACK}PRE_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. ROLLBACK was chosen for pause hook ecs-pause-1.`,
      ),
    },
  ],
  [
    'alarm',
    {
      deployment: rolledBack(`${BACK}alarm(s) went into ALARM state: clarity-api-5xx`, {
        triggeredAlarms: ['clarity-api-5xx'],
      }),
    },
    /clarity-api-5xx/,
  ],
  [
    'alarm',
    {
      deployment: rolledBack(''),
      events: event('(deployment ecs-svc/8028) deployment failed: alarm detected.'),
    },
  ],
  [
    'superseded',
    {
      deployment: deployment({
        status: 'STOPPED',
        statusReason:
          'Service deployment stopped because a new service deployment started: arn:aws:ecs:us-east-1:1:service-deployment/c/s/2',
      }),
    },
  ],
  [
    'alarm-now',
    {
      deployment: deployment({ status: 'SUCCESSFUL' }),
      alarms: [{ name: 'clarity-queue-age', reason: 'Threshold Crossed' }],
    },
  ],
  [
    'scaled-to-zero',
    { counts: { desired: 0, running: 0, pending: 0 }, deployment: deployment({ status: 'SUCCESSFUL' }) },
  ],
  ['circuit-breaker', { deployment: rolledBack(`${BACK}the circuit breaker threshold was exceeded.`) }],
  ['stopped-by-order', { deployment: rolledBack(`${BACK}StopServiceDeployment was called.`) }],
  ['stage-took-too-long', { deployment: rolledBack(`${BACK}SCALE_UP took longer than 24 hours.`) }],
  [
    'nothing-to-roll-back-to',
    {
      deployment: deployment({
        status: 'ROLLBACK_FAILED',
        statusReason: 'Something new. No rollback candidate was found to run the rollback.',
      }),
    },
  ],
]
