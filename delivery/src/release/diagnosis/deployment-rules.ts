import type { Facts } from './facts.ts'
import { MEND_ROLE, MEND_RULES } from './fixes.ts'
import { type Match, type Rule, type Source, says } from './rule.ts'

const SAID: Source[] = ['deployment', 'event']

/**
 * What ECS says of the deployment itself. Texts:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
 */
export const DEPLOYMENT_RULES: Rule[] = [
  {
    id: 'service-missing',
    confidence: 'certain',
    matches: ({ counts, service }) =>
      counts ? undefined : { evidence: [{ source: 'deployment', text: `there is no service ${service}` }] },
    cause: 'the service {service} does not exist',
    fix: "make it: 'clarity deploy {environment}'",
  },
  {
    id: 'rule-arn-format',
    confidence: 'certain',
    matches: says(/(?<field>\w+ListenerRule) has an invalid ARN format/, SAID),
    cause: '{field} is the ARN of a listener; for an Application Load Balancer it must be that of a rule',
    fix: "/clarity/{environment}/production-rule-arn and test-rule-arn must be ARNs of listener rules: mend infra/src/edge-stack.ts, 'clarity infra deploy {environment}', then 'clarity deploy {environment}'",
  },
  {
    id: 'one-rule-for-both',
    confidence: 'certain',
    matches: says(/cannot be used as both production and test listener rules/, SAID),
    cause: 'production and test traffic share one listener rule',
    fix: MEND_RULES,
  },
  {
    id: 'test-rule-missing',
    confidence: 'certain',
    matches: says(/testListenerRule is required/, SAID),
    cause:
      'the service has no test listener rule, and the production rule knows only one of the target groups',
    fix: MEND_RULES,
  },
  {
    id: 'load-balancer-settings',
    confidence: 'certain',
    matches: says(/advancedConfiguration|Duplicate targetGroupArn|strictly either ELBv1/, SAID),
    cause: 'the load balancer settings of the service contradict each other',
    fix: 'mend loadBalancers in delivery/src/release/services.ts as the evidence says',
  },
  {
    id: 'group-not-attached',
    confidence: 'certain',
    matches: says(
      /Both targetGroup and alternateTargetGroup must be associated|Target group (?<group>arn:\S+) is not associated with either/,
      SAID,
    ),
    cause: 'the target group {group|of one of the revisions} is in neither the production nor the test rule',
    fix: MEND_RULES,
  },
  {
    id: 'two-groups-serve',
    confidence: 'certain',
    matches: says(/(?<rule>arn:\S+) should have exactly one target group serving traffic/, SAID),
    cause:
      'the rule {rule} gives weight to both target groups: somebody else changed it, or an earlier shift was cut off',
    fix: "decide which group serves and give it all the weight: 'aws elbv2 modify-rule --rule-arn {rule} --actions ...'; 'clarity status {environment}' shows which release is behind which",
  },
  {
    id: 'foreign-group-serves',
    confidence: 'certain',
    matches: says(/forwarding traffic to unexpected target group (?<group>arn:\S+?)\.?( |$)/, SAID),
    cause: 'the production rule sends traffic to a target group that is not of this service: {group}',
    fix: MEND_RULES,
  },
  {
    id: 'listener-rule-gone',
    confidence: 'certain',
    matches: says(/One or more rules not found|RuleNotFound/, SAID),
    cause: 'a listener rule that the service refers to no longer exists',
    fix: "look which is gone: 'aws cloudformation detect-stack-drift --stack-name {prefix}-edge'; make it again, put its ARN into /clarity/{environment}/production-rule-arn or test-rule-arn ('aws ssm put-parameter --overwrite'), then 'clarity deploy {environment}'",
  },
  {
    id: 'load-balancer-role',
    confidence: 'certain',
    matches: says(
      /missing permissions on ECS Infrastructure Role '?(?<role>arn:[^\s']+)|not authorized to perform: (?<action>elasticloadbalancing:\w+)/,
      SAID,
    ),
    cause:
      'ECS may not manage the load balancer: its role lacks {action|permissions, or does not trust ecs.amazonaws.com}',
    fix: MEND_ROLE,
  },
  {
    id: 'service-role-changed',
    confidence: 'certain',
    matches: says(/IAM (permissions policies|trust relationship).*(misconfigured|changed)/, SAID),
    cause: 'a role of the service was changed, and ECS may no longer do its work',
    fix: MEND_ROLE,
  },
  {
    id: 'invalid-networking',
    confidence: 'certain',
    matches: says(/invalid networking configuration/, ['deployment']),
    cause: 'listener rules and target groups do not fit the service',
    fix: MEND_RULES,
  },
  {
    id: 'pause-timed-out',
    confidence: 'certain',
    matches: says(/((?<stage>[A-Z_]+) )?pause hook timed out|is TIMED_OUT/, ['deployment', 'event', 'hook']),
    cause: 'nobody answered the pause {stage|before the next stage} in time, so ECS rolled back',
    fix: 'deploy again and let the command run to its end: it answers the pause when the suites have run; more time: deployment.testTimeoutMinutes in environments/src/{environment}.ts',
  },
  {
    id: 'suites-failed',
    confidence: 'certain',
    matches: says(/POST_TEST_TRAFFIC_SHIFT.*(ROLLBACK was chosen|pause hook)(?!.*timed out)/, SAID),
    cause: 'the suites failed against the test listener, so the pause was answered with a rollback',
    fix: "the deploy command named the checks that failed; run them against a local release: 'clarity deploy local', then 'clarity health local'",
  },
  {
    id: 'approval-rejected',
    confidence: 'certain',
    matches: says(/(?<stage>[A-Z_]+) lifecycle hook.*ROLLBACK was chosen/, SAID),
    cause: 'the pause at {stage} was answered with a rollback: a person or the pipeline said no',
    fix: 'ask who approves this environment; deploy again when it may go on',
  },
  {
    id: 'hook-role',
    confidence: 'certain',
    matches: says(
      /(?<stage>[A-Z_]+) lifecycle hook.*(unable to assume role (?<role>arn:\S+)|not authorized to perform: lambda:InvokeFunction)/,
      SAID,
    ),
    cause:
      'ECS may not call the hook at {stage}: its role {role|} does not trust ECS or may not invoke the function',
    fix: `trust ecs.amazonaws.com and allow lambda:InvokeFunction: ${MEND_ROLE}`,
  },
  {
    id: 'hook-answer',
    confidence: 'certain',
    matches: says(/(?<stage>[A-Z_]+) lifecycle hook.*unable to parse the response/, SAID),
    cause:
      'the hook at {stage} gave no answer that ECS understands: it timed out, threw, or returned no hookStatus',
    fix: 'return {hookStatus: SUCCEEDED, FAILED or IN_PROGRESS} from the function; its log says what happened',
  },
  {
    id: 'hook-failed',
    confidence: 'certain',
    matches: says(/((?<stage>[A-Z_]+) )?lifecycle hook\(s\) failed|hook execution failure/, SAID),
    cause: 'a hook {stage|of the deployment} failed',
    fix: 'the log of the function that is named in the evidence says why',
  },
  {
    id: 'alarm',
    confidence: 'likely',
    matches: alarm,
    cause: 'the alarm {alarm|of the deployment} went off, so ECS took the release back',
    fix: "look at what it measures: 'aws cloudwatch describe-alarms --alarm-names {alarm|<its name>}', and at the log of that time: 'clarity logs {environment}'",
  },
  {
    id: 'superseded',
    confidence: 'likely',
    matches: says(/because a new service deployment started(: (?<by>arn:\S+))?/, SAID),
    cause: 'a newer deployment took over before this one ended: {by|see the history}',
    fix: "look at the newer one: 'clarity history {environment}', 'clarity diagnose {environment}'",
  },
  {
    id: 'alarm-now',
    confidence: 'possible',
    matches: says(/is in ALARM/, ['alarm']),
    cause: 'an alarm of the environment is in ALARM',
    fix: "'aws cloudwatch describe-alarms --state-value ALARM'",
  },
  {
    id: 'scaled-to-zero',
    confidence: 'possible',
    matches: ({ counts }) =>
      counts?.desired === 0
        ? { evidence: [{ source: 'deployment', text: 'the desired count is 0' }] }
        : undefined,
    cause: 'the service is told to run no task',
    fix: "'aws ecs update-service --cluster {cluster} --service {service} --desired-count 1'",
  },
  {
    id: 'circuit-breaker',
    confidence: 'symptom',
    matches: says(/circuit breaker|deployment failed: tasks failed to start/i, SAID),
    cause: 'the circuit breaker ended the deployment because its tasks kept failing',
    fix: 'why they fail is said above; if nothing is, ECS has forgotten the tasks (after an hour): deploy again and diagnose at once',
  },
  {
    id: 'stopped-by-order',
    confidence: 'symptom',
    matches: says(/StopServiceDeployment was called/, ['deployment']),
    cause:
      'the deployment was taken back by order: by clarity (a check failed, production lost requests) or by a person',
    fix: "who: 'aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=StopServiceDeployment'; clarity says why in its own output",
  },
  {
    id: 'stage-took-too-long',
    confidence: 'symptom',
    matches: says(/took longer than 24 hours/, SAID),
    cause: 'a stage did not end within 24 hours, the longest that ECS waits',
    fix: "'clarity deploy {environment}' gives up after seconds and names the cause",
  },
  {
    id: 'nothing-to-roll-back-to',
    confidence: 'symptom',
    matches: says(/No rollback candidate was found/, SAID),
    cause: 'it was the first release of the service, so there was nothing to go back to',
    fix: "mend the cause, then 'clarity deploy {environment}'",
  },
]

const ALARM_TEXT =
  /alarm\(s\) went into ALARM state:? ?(?<alarm>[\w. -]+)?|alarm detected(: (?<detected>\S+))?/i

/** ECS names the alarms in the deployment's record, in its reason or in an event. */
function alarm(facts: Facts): Match | undefined {
  const triggered = facts.deployment?.triggeredAlarms ?? []
  const said = says(ALARM_TEXT, SAID)(facts)
  if (triggered.length === 0) return said
  return {
    evidence: [
      { source: 'alarm', text: `the deployment records as triggered: ${triggered.join(', ')}` },
      ...(said?.evidence ?? []),
    ],
    values: { alarm: triggered.join(' ') },
  }
}
