import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { ClarityStack } from '../clarity-stack.ts'

/**
 * Which services may use the key to logs, and for what: CloudWatch Logs for groups of this account, CloudTrail for
 * this environment's trail, and those that publish alerts to encrypted topics.
 */
export function logKeyUsers(stack: ClarityStack): PolicyStatement[] {
  const { account, region } = stack.settings
  const use = (
    sid: string,
    services: string[],
    actions: string[],
    conditions: Record<string, Record<string, string>>,
  ) =>
    new PolicyStatement({
      sid,
      principals: services.map(service => new ServicePrincipal(service)),
      actions,
      resources: ['*'],
      conditions,
    })
  return [
    use(
      'Logs',
      [`logs.${region}.amazonaws.com`],
      [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:DescribeKey',
      ],
      { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': stack.arnOf('logs', 'log-group:*') } },
    ),
    use('Trail', ['cloudtrail.amazonaws.com'], ['kms:GenerateDataKey', 'kms:DescribeKey', 'kms:Decrypt'], {
      StringEquals: { 'aws:SourceArn': stack.arnOf('cloudtrail', `trail/${stack.names.trail}`) },
    }),
    use(
      'Alerts',
      [
        'cloudwatch.amazonaws.com',
        'events.amazonaws.com',
        'budgets.amazonaws.com',
        'costalerts.amazonaws.com',
      ],
      ['kms:GenerateDataKey', 'kms:Decrypt'],
      { StringEquals: { 'aws:SourceAccount': account } },
    ),
  ]
}
