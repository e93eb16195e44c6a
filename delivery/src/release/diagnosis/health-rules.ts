import type { Facts } from './facts.ts'
import { MEND_RULES } from './fixes.ts'
import { both, type Match, type Rule, says, unhealthyFor } from './rule.ts'

const LOGS = "'clarity logs {environment} --service {part}'"
const ASKS =
  'the load balancer asks {path|the health check path} on port {checkPort|of the target} and wants {codes|200}'
const NAMED =
  'look: \'aws elbv2 describe-target-groups --query "TargetGroups[].[TargetGroupName,HealthCheckPath,HealthCheckPort,Matcher.HttpCode]"\''
const REFUSED = /Target\.FailedHealthChecks|\(reason Health checks failed\)/

/**
 * The tasks run, and the load balancer or ECS finds them ill. The reason is the target's, while it is registered,
 * or that of the event afterwards. Codes:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
 */
export const HEALTH_RULES: Rule[] = [
  {
    id: 'health-check-refused-by-path',
    confidence: 'certain',
    matches: unhealthyFor(/failed with these codes: \[(?<code>[1-4]\d\d)/),
    cause: `the health check is answered with status {code}: ${ASKS}`,
    fix: `mend the path or the codes in infra/src/edge-stack.ts, or the route in the backend; ${NAMED}`,
  },
  {
    id: 'health-check-server-error',
    confidence: 'certain',
    matches: unhealthyFor(/failed with these codes: \[(?<code>5\d\d)/),
    cause: 'the application answers its health check with status {code}',
    fix: `why is in its log: ${LOGS}`,
  },
  {
    id: 'listens-on-loopback',
    confidence: 'certain',
    matches: both(onLoopback, unhealthyFor(REFUSED)),
    cause: 'the application listens on {host} only, where the load balancer cannot reach it',
    fix: 'let it listen on 0.0.0.0: take HOST out of the task definition',
  },
  {
    id: 'health-check-timeout',
    confidence: 'certain',
    matches: unhealthyFor(/Target\.Timeout|reason Request timed out/i),
    cause:
      'the health check gets no answer in time: a security group stands between, or the application is too slow',
    fix: `the task's security group must admit port {containerPort} from the load balancer's ('clarity preflight {environment}' checks that); if it does, the application hangs: ${LOGS}`,
  },
  {
    id: 'not-listening-in-time',
    confidence: 'likely',
    matches: both(silent, unhealthyFor(REFUSED)),
    cause: 'the application did not get to listen before the load balancer gave it up',
    fix: `see at what it waits: ${LOGS}; if it is only slow, raise healthCheckGracePeriodSeconds in delivery/src/release/services.ts`,
  },
  {
    id: 'connection-refused',
    confidence: 'likely',
    matches: unhealthyFor(REFUSED),
    cause:
      'nothing answers on port {containerPort} of the tasks: a wrong port, an application bound to 127.0.0.1, or one that starts too slowly',
    fix: `on which port and address it listens is in its log: ${LOGS}`,
  },
  {
    id: 'target-group-unused',
    confidence: 'certain',
    matches: unhealthyFor(/Target\.NotInUse/),
    cause:
      'the target group of the new tasks is in no listener rule: the load balancer neither checks nor uses it',
    fix: `attach both target groups to the production or the test rule: ${MEND_RULES}`,
  },
  {
    id: 'target-not-registered',
    confidence: 'likely',
    matches: unhealthyFor(/Target\.NotRegistered/),
    cause:
      'the tasks are not registered in their target group: somebody deregistered them, or ECS may not register',
    fix: "look at the events for 'failed to register targets'; 'aws ecs update-service --cluster {cluster} --service {service} --force-new-deployment' registers anew",
  },
  {
    id: 'target-invalid',
    confidence: 'certain',
    matches: unhealthyFor(/Target\.InvalidState|Target\.IpUnusable/),
    cause: 'the address of a target cannot be used: its task is gone, or the address is not one of the VPC',
    fix: "deregister it: 'aws elbv2 deregister-targets'; ECS registers the living ones itself",
  },
  {
    id: 'health-check-off',
    confidence: 'certain',
    matches: unhealthyFor(/Target\.HealthCheckDisabled/),
    cause: 'the health check of the target group is off, so no task can be found healthy',
    fix: "turn it on: 'aws elbv2 modify-target-group --health-check-enabled --target-group-arn <its ARN>'",
  },
  {
    id: 'load-balancer-error',
    confidence: 'certain',
    matches: unhealthyFor(/Elb\.InternalError/),
    cause: 'the load balancer failed to check the targets by a fault of its own',
    fix: 'wait some minutes and deploy again; look at the AWS Health Dashboard',
  },
  {
    id: 'container-health-check',
    confidence: 'certain',
    matches: says(/failed container health checks/),
    cause: 'the health check command inside the container fails',
    fix: `run the healthCheck of 'clarity render {environment}' in the image: does its program exist there, is startPeriod long enough; the log: ${LOGS}`,
  },
  {
    id: 'load-balancer-health-check',
    confidence: 'possible',
    matches: says(/failed ELB health checks/),
    cause: 'the load balancer found the tasks unhealthy, and the reason is no longer on record',
    fix: `${ASKS}; ask it yourself while a task runs, and read the log: ${LOGS}`,
  },
  {
    id: 'still-being-checked',
    confidence: 'symptom',
    matches: says(/Elb\.(RegistrationInProgress|InitialHealthChecking)/, ['target']),
    cause: 'the targets have not been checked yet',
    fix: "wait for a health check interval, then run 'clarity diagnose {environment}' again",
  },
  {
    id: 'draining',
    confidence: 'symptom',
    matches: says(/Target\.DeregistrationInProgress/, ['target']),
    cause: 'targets are finishing their requests before they leave',
    fix: 'nothing: they are gone when the deregistration delay has passed',
  },
]

function onLoopback({ taskDefinition }: Facts): Match | undefined {
  const host = taskDefinition?.host
  return host !== undefined && /^(127\.|localhost$|::1$)/.test(host)
    ? { evidence: [], values: { host } }
    : undefined
}

/** Tasks stopped for their health whose log was read and says nowhere that they listen. */
function silent({ tasks }: Facts): Match | undefined {
  const ill = tasks.filter(task => /health checks/.test(task.stoppedReason ?? '') && task.log !== undefined)
  const mute = ill.filter(task => !task.log?.some(line => /listening/i.test(line)))
  return mute.length > 0 && mute.length === ill.length
    ? {
        evidence: mute.map(({ id, log }) => ({
          source: 'log' as const,
          task: id,
          text: log?.length
            ? `none of its ${log.length} last lines says that it listens`
            : 'it wrote nothing',
        })),
      }
    : undefined
}
