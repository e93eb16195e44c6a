import {
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import {
  CreateRoleCommand,
  GetUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDynamodb } from '../services/dynamodb/dynamodb.ts'
import { createIam } from '../services/iam/iam.ts'
import { createS3 } from '../services/s3/s3.ts'
import { createSqs } from '../services/sqs/sqs.ts'
import { createSts } from '../services/sts/sts.ts'
import { startTestCloud, type TestCloud } from '../testing.ts'
import { postForm } from '../testing-signed.ts'

const ACCOUNT = '124355672559'
const TABLE = `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/health`
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/local-operator`
let cloud: TestCloud
let iam: IAMClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSts, createIam, createDynamodb, createS3, createSqs] })
  iam = new IAMClient(cloud.client)
  const dynamodb = new DynamoDBClient(cloud.client)
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'health',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  )
  await waitUntilTableExists(
    { client: dynamodb, maxWaitTime: 10, minDelay: 0.1, maxDelay: 0.1 },
    { TableName: 'health' },
  )
  await new SQSClient(cloud.client).send(new CreateQueueCommand({ QueueName: 'work' }))
  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: 'raw' }))
  await s3.send(new PutObjectCommand({ Bucket: 'raw', Key: 'a/1', Body: 'x' }))
})
afterAll(() => cloud.dispose())

interface Statement {
  Effect: 'Allow' | 'Deny'
  Action: string | string[]
  Resource: string | string[]
  Condition?: object
}

/** Client settings of a session of a role with these policies. */
async function as(RoleName: string, ...Statement: Statement[]): Promise<TestCloud['client']> {
  const trust = {
    Statement: [{ Effect: 'Allow', Principal: { AWS: OPERATOR }, Action: 'sts:AssumeRole' }],
  }
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }))
  if (Statement.length > 0)
    await iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: 'inline',
        PolicyDocument: JSON.stringify({ Statement }),
      }),
    )
  const { Credentials } = await new STSClient(cloud.client).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`, RoleSessionName: 'task-1' }),
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = Credentials ?? {}
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  }
  return { ...cloud.client, credentials }
}
const item = { TableName: 'health', Item: { pk: { S: '1' } } }

test('a role may do what its policies allow, and nothing else', async () => {
  const client = await as('reader', { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: TABLE })
  const dynamodb = new DynamoDBClient(client)
  await dynamodb.send(new GetItemCommand({ TableName: 'health', Key: item.Item }))
  await expect(dynamodb.send(new PutItemCommand(item))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/reader/task-1 is not authorized to perform: dynamodb:PutItem on resource: ${TABLE} because no identity-based policy allows the dynamodb:PutItem action`,
  })
  await expect(
    dynamodb.send(new GetItemCommand({ TableName: 'other', Key: item.Item })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('deny beats allow', async () => {
  const client = await as(
    'denied',
    { Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' },
    { Effect: 'Deny', Action: 'dynamodb:Put*', Resource: TABLE },
  )
  const dynamodb = new DynamoDBClient(client)
  await dynamodb.send(new GetItemCommand({ TableName: 'health', Key: item.Item }))
  await expect(dynamodb.send(new PutItemCommand(item))).rejects.toThrow(
    'with an explicit deny in an identity-based policy',
  )
})

test('conditions know the partition keys of a request: append-only by insert alone', async () => {
  const audit = (set: string) => ({ [`${set}:StringLike`]: { 'dynamodb:LeadingKeys': 'AUDIT#*' } })
  const client = await as(
    'appender',
    { Effect: 'Allow', Action: 'dynamodb:*Item', Resource: TABLE },
    { Effect: 'Deny', Action: ['dynamodb:*Item'], Resource: TABLE, Condition: audit('ForAnyValue') },
    { Effect: 'Allow', Action: 'dynamodb:PartiQLInsert', Resource: TABLE, Condition: audit('ForAllValues') },
  )
  const dynamodb = new DynamoDBClient(client)
  const insert = (pk: string) =>
    dynamodb.send(
      new BatchExecuteStatementCommand({
        Statements: [{ Statement: `INSERT INTO "health" VALUE {'pk': ?}`, Parameters: [{ S: pk }] }],
      }),
    )
  const Item = { pk: { S: 'AUDIT#1' } }
  await insert('AUDIT#1')
  await expect(insert('2')).rejects.toThrow('not authorized to perform: dynamodb:PartiQLInsert')
  await dynamodb.send(new PutItemCommand(item))
  const RequestItems = { health: [{ PutRequest: { Item: item.Item } }, { DeleteRequest: { Key: Item } }] }
  for (const command of [
    new PutItemCommand({ TableName: 'health', Item }),
    new DeleteItemCommand({ TableName: 'health', Key: Item }),
    new BatchWriteItemCommand({ RequestItems }),
    new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName: 'health', Key: Item } }] }),
  ])
    await expect(dynamodb.send(command as PutItemCommand)).rejects.toThrow('with an explicit deny')
})

test('S3 is asked by object and by bucket, before a body is taken', async () => {
  const client = await as('objects', {
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject'],
    Resource: 'arn:aws:s3:::raw/a/*',
  })
  const s3 = new S3Client({ ...client, forcePathStyle: true })
  const raw = { Bucket: 'raw' }
  await s3.send(new PutObjectCommand({ ...raw, Key: 'a/2', Body: 'y' }))
  expect(await (await s3.send(new GetObjectCommand({ ...raw, Key: 'a/2' }))).Body?.transformToString()).toBe(
    'y',
  )
  await expect(s3.send(new PutObjectCommand({ ...raw, Key: 'b/1', Body: 'z' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('s3:PutObject on resource: "arn:aws:s3:::raw/b/1"'),
    $metadata: { httpStatusCode: 403 },
  })
  const Delete = { Objects: [{ Key: 'a/2' }] }
  await expect(s3.send(new DeleteObjectsCommand({ ...raw, Delete }))).rejects.toThrow('s3:DeleteObject')
})

test('SQS is asked by queue, in either protocol', async () => {
  const client = await as('sender', {
    Effect: 'Allow',
    Action: 'sqs:SendMessage',
    Resource: `arn:aws:sqs:us-east-1:${ACCOUNT}:other`,
  })
  const QueueUrl = `${cloud.endpoint}/${ACCOUNT}/work`
  const refusal = `sqs:SendMessage on resource: arn:aws:sqs:us-east-1:${ACCOUNT}:work`
  const send = new SQSClient(client).send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
  await expect(send).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining(refusal),
  })
  const form = { Action: 'SendMessage', MessageBody: 'x' }
  const { status, text } = await postForm({ client }, 'sqs', form, `/${ACCOUNT}/work`)
  expect(status).toBe(403)
  expect(text).toContain('<Code>AccessDenied</Code>')
  expect(text).toContain(refusal)
})

test('everyone may ask who they are, and a role without policies nothing more', async () => {
  const client = await as('bare')
  await new STSClient(client).send(new GetCallerIdentityCommand({}))
  await expect(new IAMClient(client).send(new GetUserCommand({}))).rejects.toMatchObject({
    name: 'AccessDenied',
  })
})

test('calls that a service makes as a role are asked too, those it makes as itself are not', async () => {
  const put = (principal: string) => cloud.invoke('dynamodb', 'PutItem', item, principal)
  await expect(put(`arn:aws:iam::${ACCOUNT}:role/reader`)).rejects.toMatchObject({
    code: 'AccessDeniedException',
  })
  await expect(put(`arn:aws:iam::${ACCOUNT}:role/nobody`)).rejects.toMatchObject({
    code: 'AccessDeniedException',
  })
  await put('ecs.amazonaws.com')
})

test('the installation’s own user is an administrator that IAM knows', async () => {
  const { User } = await iam.send(new GetUserCommand({}))
  expect(User).toMatchObject({ Arn: OPERATOR, UserName: 'local-operator', CreateDate: expect.any(Date) })
  await expect(iam.send(new GetUserCommand({ UserName: 'other' }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  })
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: OPERATOR,
      ActionNames: ['ecs:UpdateService', 'iam:PassRole'],
    }),
  )
  expect(EvaluationResults?.map(result => result.EvalDecision)).toEqual(['allowed', 'allowed'])
})
