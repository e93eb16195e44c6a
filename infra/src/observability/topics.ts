import { Effect, PolicyDocument, PolicyStatement, ServicePrincipal, StarPrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnSubscription, CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns'
import type { ClarityStack } from '../clarity-stack.ts'
import { topicOf } from './alarms.ts'

/** Two topics, by what an alert is worth: waking somebody, or a mail. Both are encrypted and refuse plain HTTP. */
export function topics(stack: ClarityStack): void {
  for (const [id, severity, topicName] of [
    ['Page', 'page', stack.names.pageTopic],
    ['Ticket', 'ticket', stack.names.ticketTopic],
  ] as const) {
    const topic = new CfnTopic(stack, id, { topicName, kmsMasterKeyId: stack.take('log-key-arn') })
    new CfnTopicPolicy(stack, `${id}Policy`, {
      topics: [topic.ref],
      policyDocument: new PolicyDocument({ statements: statements(stack, topicOf(stack, severity)) }),
    })
    stack.settings.alerts.emails.forEach((endpoint, index) => {
      new CfnSubscription(stack, `${id}Mail${index}`, { topicArn: topic.ref, protocol: 'email', endpoint })
    })
  }
}

function statements(stack: ClarityStack, arn: string): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'AlertsPublish',
      principals: ['cloudwatch', 'events', 'budgets', 'costalerts'].map(
        service => new ServicePrincipal(`${service}.amazonaws.com`),
      ),
      actions: ['sns:Publish'],
      resources: [arn],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.settings.account } },
    }),
    new PolicyStatement({
      sid: 'OnlyTls',
      effect: Effect.DENY,
      principals: [new StarPrincipal()],
      actions: ['sns:Publish'],
      resources: [arn],
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  ]
}
