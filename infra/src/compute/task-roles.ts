import type { Repository } from 'aws-cdk-lib/aws-ecr'
import { Effect, PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import { allow, type ClarityStack } from '../clarity-stack.ts'

/** The roles of tasks: what ECS does before one runs, and what the API and the worker do in it. */
export function taskRoles(
  stack: ClarityStack,
  repository: Repository,
  logs: LogGroup[],
): { execution: Role; api: Role; worker: Role } {
  const { names } = stack
  const role = (id: string, roleName: string, description: string, statements: PolicyStatement[]) =>
    stack.role(
      id,
      { roleName, description, assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') },
      statements,
    )
  return {
    execution: role(
      'ExecutionRole',
      names.executionRole,
      'ECS before a task runs: pulls the image, reads its secrets, opens its log streams',
      executionStatements(stack, repository, logs),
    ),
    api: role('TaskRole', names.taskRole, 'the API: takes and answers health data', apiStatements(stack)),
    worker: role(
      'WorkerTaskRole',
      names.workerTaskRole,
      'the worker: merges uploads into the table, exports, erases and rebuilds',
      workerStatements(stack),
    ),
  }
}

function executionStatements(
  stack: ClarityStack,
  repository: Repository,
  logs: LogGroup[],
): PolicyStatement[] {
  return [
    // it knows no resources (service authorization reference)
    allow(['ecr:GetAuthorizationToken'], ['*']),
    allow(
      ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      [repository.repositoryArn],
    ),
    allow(
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      logs.map(group => group.logGroupArn),
    ),
    allow(['secretsmanager:GetSecretValue'], [stack.take('gemini-secret-arn')]),
    allow(['kms:Decrypt'], [stack.take('data-key-arn')]),
  ]
}

function apiStatements(stack: ClarityStack): PolicyStatement[] {
  const { bucket, table, queue } = dataOf(stack)
  return [
    allow(
      [
        'dynamodb:BatchGetItem',
        'dynamodb:DescribeTable',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:Query',
      ],
      [table],
    ),
    allow(['s3:ListBucket'], [bucket]),
    allow(
      [
        's3:PutObject',
        's3:GetObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
      ],
      [`${bucket}/*`],
    ),
    allow(['sqs:SendMessage', 'sqs:GetQueueAttributes'], [queue]),
    allow(['kms:Decrypt', 'kms:GenerateDataKey'], [stack.take('data-key-arn')]),
    allow(['dynamodb:PartiQLInsert'], [table], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ACCESS_RECORDS },
    }),
    keepAccessRecords(table),
  ]
}

function workerStatements(stack: ClarityStack): PolicyStatement[] {
  const { bucket, table, queue } = dataOf(stack)
  const users = stack.arnOf('cognito-idp', `userpool/${stack.take('user-pool-id')}`)
  return [
    allow(
      [
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:Query',
      ],
      [table],
    ),
    allow(['s3:GetObject'], [`${bucket}/*`]),
    allow(['s3:PutObject'], [`${bucket}/exports/*`]),
    // an erasure finds and removes every version of what a user has sent and exported
    allow(['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'], [bucket]),
    allow(['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'], [`${bucket}/*`]),
    allow(['cognito-idp:AdminDeleteUser'], [users]),
    allow(
      [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:ChangeMessageVisibility',
        'sqs:GetQueueAttributes',
        // a rebuild of everyone becomes a message for each
        'sqs:SendMessage',
      ],
      [queue],
    ),
    allow(['kms:Decrypt', 'kms:GenerateDataKey'], [stack.take('data-key-arn')]),
    keepAccessRecords(table),
  ]
}

/** The partitions of who has reached for whose health data. */
const ACCESS_RECORDS = ['AUDIT#*']

/**
 * Access records are only ever inserted, where none is (PartiQL's INSERT): no task can change or remove one, whatever else
 * it is allowed. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
function keepAccessRecords(table: string): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.DENY,
    actions: [
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PartiQLDelete',
    ],
    resources: [table],
    conditions: { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': ACCESS_RECORDS } },
  })
}

function dataOf(stack: ClarityStack) {
  const { names } = stack
  return {
    table: stack.arnOf('dynamodb', `table/${names.table}`),
    bucket: `arn:aws:s3:::${names.rawBucket}`,
    queue: stack.arnOf('sqs', names.queue),
  }
}
