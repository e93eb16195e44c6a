import { CfnRule } from 'aws-cdk-lib/aws-events'
import { PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnResourcePolicy } from 'aws-cdk-lib/aws-logs'
import type { ClarityStack } from '../clarity-stack.ts'

/**
 * What ECS says when a task or a deployment fails, kept for as long as logs are: ECS itself forgets a stopped task
 * within the hour. CloudWatch counts what each rule matches, which is what the alarms read.
 */
export function failureEvents(stack: ClarityStack): void {
  const { names, settings } = stack
  const group = stack.logGroup('TaskFailures', names.taskFailureLogGroup)
  const writes = new CfnResourcePolicy(stack, 'EventsWriteLogs', {
    policyName: `${names.prefix}-events`,
    policyDocument: JSON.stringify(
      new PolicyDocument({
        statements: [
          new PolicyStatement({
            principals: [new ServicePrincipal('events.amazonaws.com')],
            actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [stack.arnOf('logs', `log-group:${names.taskFailureLogGroup}:*`)],
          }),
        ],
      }).toJSON(),
    ),
  })
  const cluster = stack.arnOf('ecs', `cluster/${names.cluster}`)
  const services = [names.apiService, names.workerService].map(service =>
    stack.arnOf('ecs', `service/${names.cluster}/${service}`),
  )
  const rule = (id: string, about: string, eventPattern: object) => {
    const made = new CfnRule(stack, id, {
      name: names.alarm(about),
      description: `counted by the alarm ${names.alarm(about)}`,
      eventPattern: { source: ['aws.ecs'], account: [settings.account], ...eventPattern },
      state: 'ENABLED',
      targets: [{ id: 'logs', arn: stack.arnOf('logs', `log-group:${names.taskFailureLogGroup}`) }],
    })
    made.node.addDependency(group, writes)
  }
  rule('TaskFailed', 'task-failures', {
    'detail-type': ['ECS Task State Change'],
    detail: {
      clusterArn: [cluster],
      lastStatus: ['STOPPED'],
      stopCode: ['TaskFailedToStart', 'EssentialContainerExited'],
    },
  })
  rule('ReleaseFailed', 'release-failed', {
    'detail-type': ['ECS Deployment State Change'],
    resources: services,
    detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] },
  })
}
