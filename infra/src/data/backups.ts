import { Duration } from 'aws-cdk-lib'
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { type CronOptions, Schedule } from 'aws-cdk-lib/aws-events'
import { type PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { allow, type ClarityStack } from '../clarity-stack.ts'

/** Shortest time for which a backup is kept, whoever asks for its deletion. */
const LEAST_DAYS = 7

/** How long a day's backup is kept where backups are kept longer: as far back as point-in-time recovery goes, and then by the month. */
const DAILY_DAYS = 35

/** A backup of the table every day: it outlives the table, whose point-in-time recovery goes with it. */
export function backups(stack: ClarityStack, table: Table, key: Key): void {
  const { backupDays, protect } = stack.settings.data
  const vault = new BackupVault(stack, 'Backups', {
    backupVaultName: stack.names.backupVault,
    encryptionKey: key,
    ...(protect ? { lockConfiguration: { minRetention: Duration.days(LEAST_DAYS) } } : {}),
    removalPolicy: stack.removal,
  })
  const plan = new BackupPlan(stack, 'BackupPlan', {
    backupPlanName: stack.names.backupVault,
    backupVault: vault,
    backupPlanRules: [
      rule('daily', { hour: '5', minute: '0' }, Math.min(backupDays, DAILY_DAYS)),
      ...(backupDays > DAILY_DAYS ? [rule('monthly', { day: '1', hour: '5', minute: '0' }, backupDays)] : []),
    ],
  })
  plan.addSelection('Table', {
    resources: [BackupResource.fromDynamoDbTable(table)],
    disableDefaultBackupPolicy: true,
    role: stack.role(
      'BackupRole',
      {
        roleName: `${stack.names.backupVault}-role`,
        description: 'AWS Backup: reads the table into the vault',
        assumedBy: new ServicePrincipal('backup.amazonaws.com'),
      },
      statements(stack, key),
    ),
  })
}

function rule(ruleName: string, at: CronOptions, days: number): BackupPlanRule {
  return new BackupPlanRule({
    ruleName,
    scheduleExpression: Schedule.cron(at),
    startWindow: Duration.hours(1),
    completionWindow: Duration.hours(4),
    deleteAfter: Duration.days(days),
  })
}

/** What AWS's own `AWSBackupServiceRolePolicyForBackup` grants for DynamoDB, on this table and key alone. */
function statements(stack: ClarityStack, key: Key): PolicyStatement[] {
  const table = stack.arnOf('dynamodb', `table/${stack.names.table}`)
  return [
    allow(
      [
        'dynamodb:CreateBackup',
        'dynamodb:DescribeContinuousBackups',
        'dynamodb:DescribeTable',
        'dynamodb:ListTagsOfResource',
        'dynamodb:StartAwsBackupJob',
      ],
      [table],
    ),
    allow(['dynamodb:DeleteBackup', 'dynamodb:DescribeBackup'], [`${table}/backup/*`]),
    allow(['backup:TagResource'], [stack.arnOf('backup', 'recovery-point:*')]),
    allow(['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'], [key.keyArn]),
  ]
}
