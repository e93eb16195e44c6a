import { expect, test } from 'vitest'
import { needsOf } from './needs.ts'

const PLACE = { accountId: '124355672559', region: 'us-east-1' }
const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:124355672559:${rest}`

test.each([
  ['dynamodb', 'PutItem', { TableName: 't' }, [['dynamodb:PutItem', arn('dynamodb', 'table/t')]]],
  [
    'dynamodb',
    'Query',
    { TableName: 't', IndexName: 'i' },
    [['dynamodb:Query', arn('dynamodb', 'table/t/index/i')]],
  ],
  [
    'dynamodb',
    'BatchGetItem',
    { RequestItems: { a: {}, b: {} } },
    [
      ['dynamodb:BatchGetItem', arn('dynamodb', 'table/a')],
      ['dynamodb:BatchGetItem', arn('dynamodb', 'table/b')],
    ],
  ],
  [
    'dynamodb',
    'TransactWriteItems',
    { TransactItems: [{ Put: { TableName: 't' } }, { ConditionCheck: { TableName: 't' } }] },
    [
      ['dynamodb:PutItem', arn('dynamodb', 'table/t')],
      ['dynamodb:ConditionCheckItem', arn('dynamodb', 'table/t')],
    ],
  ],
  [
    'dynamodb',
    'BatchExecuteStatement',
    {
      Statements: [
        { Statement: 'INSERT INTO "t" VALUE {}' },
        { Statement: 'SELECT a FROM t' },
        { Statement: 'UPDATE t SET' },
      ],
    },
    [
      ['dynamodb:PartiQLInsert', arn('dynamodb', 'table/t')],
      ['dynamodb:PartiQLSelect', arn('dynamodb', 'table/t')],
      ['dynamodb:PartiQLUpdate', arn('dynamodb', 'table/t')],
    ],
  ],
  ['s3', 'ListObjectsV2', { Bucket: 'b' }, [['s3:ListBucket', 'arn:aws:s3:::b']]],
  [
    's3',
    'HeadObject',
    { Bucket: 'b', Key: 'k/l', VersionId: '1' },
    [['s3:GetObjectVersion', 'arn:aws:s3:::b/k/l']],
  ],
  ['s3', 'UploadPart', { Bucket: 'b', Key: 'k' }, [['s3:PutObject', 'arn:aws:s3:::b/k']]],
  [
    's3',
    'CopyObject',
    { Bucket: 'b', Key: 'k', CopySource: '/a/x%20y' },
    [
      ['s3:PutObject', 'arn:aws:s3:::b/k'],
      ['s3:GetObject', 'arn:aws:s3:::a/x y'],
    ],
  ],
  [
    's3',
    'DeleteObjects',
    { Bucket: 'b', Delete: { Objects: [{ Key: 'k' }] } },
    [['s3:DeleteObject', 'arn:aws:s3:::b/k']],
  ],
  ['s3', 'ListBuckets', {}, [['s3:ListAllMyBuckets', '*']]],
  ['sqs', 'SendMessageBatch', { QueueUrl: 'http://x/1/q' }, [['sqs:SendMessage', arn('sqs', 'q')]]],
  [
    'logs',
    'PutLogEvents',
    { logGroupName: '/g', logStreamName: 's' },
    [['logs:PutLogEvents', arn('logs', 'log-group:/g:log-stream:s')]],
  ],
  [
    'secretsmanager',
    'GetSecretValue',
    { SecretId: arn('secretsmanager', 'secret:s-1') },
    [['secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:s-1')]],
  ],
  [
    'cognito-idp',
    'AdminGetUser',
    { UserPoolId: 'p' },
    [['cognito-idp:AdminGetUser', arn('cognito-idp', 'userpool/p')]],
  ],
  ['ecr', 'GetAuthorizationToken', {}, [['ecr:GetAuthorizationToken', '*']]],
  ['kms', 'Encrypt', { KeyId: 'k' }, [['kms:Encrypt', arn('kms', 'key/k')]]],
  ['monitoring', 'PutMetricData', { Namespace: 'n' }, [['cloudwatch:PutMetricData', '*']]],
])('%s %s', (service, operation, input, expected) => {
  const needs = needsOf(service, operation, input, PLACE)
  expect(needs.map(({ action, resource }) => [action, resource])).toEqual(expected)
})
