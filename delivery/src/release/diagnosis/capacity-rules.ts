import type { Facts } from './facts.ts'
import { type Match, type Rule, says } from './rule.ts'

/**
 * There is no place for a task, or it was taken away. Texts:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
 */
export const CAPACITY_RULES: Rule[] = [
  {
    id: 'no-free-address',
    confidence: 'certain',
    matches: says(
      /insufficient free addresses|InsufficientFreeAddresses|not (have )?enough free (IP )?addresses/i,
    ),
    cause: 'a private subnet has no free address; a blue/green release needs twice the tasks',
    fix: 'look: \'aws ec2 describe-subnets --query "Subnets[].[SubnetId,AvailableIpAddressCount]"\'; free addresses or widen network.cidr in environments/src/{environment}.ts',
  },
  {
    id: 'no-network-interface',
    confidence: 'certain',
    matches: says(/RESOURCE:ENI|network interface provision|preparing network interface/i),
    cause: 'no network interface can be had for a task',
    fix: "look at the quota of network interfaces ('aws service-quotas get-service-quota --service-code vpc --quota-code L-DF5E4CA3'); a time-out alone passes: deploy again",
  },
  {
    id: 'subnet-or-group-missing',
    confidence: 'certain',
    matches: says(/InvalidSubnetID|InvalidGroup|(subnet|security group)\W.{0,60}does not exist/i),
    cause: 'a subnet or security group of the service does not exist',
    fix: "'aws cloudformation detect-stack-drift --stack-name {prefix}-network' shows what is gone; a release takes its ids from /clarity/{environment}/private-subnet-ids and task-security-group-id: when they are right, 'clarity deploy {environment}'",
  },
  {
    id: 'fargate-capacity',
    confidence: 'certain',
    matches: says(/Capacity is unavailable at this time/i),
    cause: 'Fargate has no capacity left in these zones just now',
    fix: 'deploy again in some minutes; more zones in environments/src/{environment}.ts make it rarer; Spot has less than FARGATE',
  },
  {
    id: 'quota',
    confidence: 'certain',
    matches: says(
      /limit on the number of (?<what>vCPUs|tasks) you can run|(?<which>CPU|MEMORY) configuration is above your limit/i,
    ),
    cause: "the account's quota of {what|this size of} Fargate tasks is reached",
    fix: "ask for more: 'aws service-quotas request-service-quota-increase --service-code fargate --quota-code L-3032A538 --desired-value <vCPUs>'; until then a smaller desiredCount, because a blue/green release needs twice the tasks",
  },
  {
    id: 'spot-interrupted',
    confidence: 'certain',
    matches: stopCode('SpotInterruption'),
    cause: 'AWS took the Spot capacity of the task back',
    fix: 'nothing, if it happens now and then; a base on FARGATE keeps some tasks: worker.spot in environments/src/{environment}.ts',
  },
  {
    id: 'infrastructure',
    confidence: 'certain',
    matches: stopCode('InfrastructureHealth', 'TerminationNotice'),
    cause: 'the host under the task failed or was retired',
    fix: 'nothing: ECS starts it elsewhere; look at the AWS Health Dashboard if it repeats',
  },
  {
    id: 'deployment-bounds',
    confidence: 'certain',
    matches: says(
      /unable to stop or start tasks during a deployment because of the service deployment configuration/,
    ),
    cause: 'minimumHealthyPercent and maximumPercent leave no room to start or stop a task',
    fix: 'use 100 and 200: delivery/src/release/services.ts',
  },
  {
    id: 'no-instance',
    confidence: 'certain',
    matches: says(
      /no container instance met all of its requirements|No Container Instances were found|RESOURCE:(CPU|MEMORY)/i,
    ),
    cause:
      'no instance has room for the task: the service is not on Fargate, or its capacity provider is empty',
    fix: 'let the service run on FARGATE: \'aws ecs describe-services --cluster {cluster} --services {service} --query "services[0].capacityProviderStrategy"\'',
  },
  {
    id: 'throttled',
    confidence: 'likely',
    matches: says(/operations are being throttled|Rate exceeded|ThrottlingException/),
    cause: 'AWS throttles ECS in this account',
    fix: 'wait: ECS tries again; fewer deployments at once make it rarer',
  },
  {
    id: 'not-placed',
    confidence: 'possible',
    matches: says(/unable to place a task/),
    cause: 'ECS finds no place for a task',
    fix: 'the evidence says why',
  },
  {
    id: 'starts-keep-failing',
    confidence: 'symptom',
    matches: says(/unable to consistently start tasks/),
    cause: 'tasks keep failing to start, and ECS waits longer from time to time',
    fix: "'clarity rollback {environment}' ends it",
  },
]

function stopCode(...codes: string[]): Rule['matches'] {
  return ({ tasks }: Facts): Match | undefined => {
    const stopped = tasks.filter(task => task.stopCode !== undefined && codes.includes(task.stopCode))
    if (stopped.length === 0) return undefined
    return {
      evidence: stopped.map(task => ({
        source: 'task' as const,
        task: task.id,
        text: task.stoppedReason ?? `${task.stopCode}`,
      })),
    }
  }
}
