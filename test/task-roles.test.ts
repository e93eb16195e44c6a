import { readFileSync } from 'node:fs'
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { AssumeRoleResponse } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuditStore } from '../backend/src/adapters/dynamodb/audit-store.ts'
import { accountHash } from '../backend/src/adapters/dynamodb/erasure-store.ts'
import { createCloudFormation } from '../local-cloud/src/services/cloudformation/cloudformation.ts'
import { createDynamodb } from '../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createIam } from '../local-cloud/src/services/iam/iam.ts'
import { createSsm } from '../local-cloud/src/services/ssm/ssm.ts'
import { createSts } from '../local-cloud/src/services/sts/sts.ts'
import { startTestCloud, type TestCloud } from '../local-cloud/src/testing.ts'
import { createTable } from './backend/resources.ts'
import { until } from './support/until.ts'

interface Template {
  Parameters: Record<string, { Default: string }>
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>
}

const TABLE = 'clarity-health-data'
const PERSON = '6f1c1c1e-0000-4000-8000-000000000001'
const RECORD = {
  at: '2026-11-24T10:00:00.000Z',
  requestId: 'r-1',
  by: 'self',
  action: 'read',
  what: 'GET /api/v1/sleep',
} as const
let cloud: TestCloud
let roles: Record<string, DynamoDBClient>

/** The roles of the tasks as production has them: test/infra.test.ts holds the kept template to the code. */
function taskRoles(): Template {
  const path = new URL('../ci-cd/aws/cloudformation/compute.json', import.meta.url)
  const { Parameters, Resources } = JSON.parse(readFileSync(path, 'utf8')) as Template
  const kept = Object.entries(Resources).filter(([id]) => /^(Worker)?TaskRole/.test(id))
  return { Parameters, Resources: Object.fromEntries(kept) }
}

beforeAll(async () => {
  cloud = await startTestCloud({
    services: [createSts, createIam, createSsm, createDynamodb, context => createCloudFormation(context)],
  })
  const template = taskRoles()
  const ssm = new SSMClient(cloud.client)
  for (const { Default: Name } of Object.values(template.Parameters))
    await ssm.send(
      new PutParameterCommand({ Name, Type: 'String', Value: `arn:aws:kms:us-east-1:0:key${Name}` }),
    )
  const cloudformation = new CloudFormationClient(cloud.client)
  const StackName = 'roles'
  const Capabilities = ['CAPABILITY_NAMED_IAM' as const]
  const TemplateBody = JSON.stringify(template)
  await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities }))
  await until(async () => {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName }))
    const { StackStatus = '', StackStatusReason } = Stacks?.[0] ?? {}
    if (/ROLLBACK|FAILED/.test(StackStatus)) throw new Error(`${StackStatus}: ${StackStatusReason}`)
    return StackStatus === 'CREATE_COMPLETE' || undefined
  })
  const operator = new DynamoDBClient(cloud.client)
  await createTable(operator, TABLE)
  roles = {
    api: await as('clarity-backend-task-role'),
    worker: await as('clarity-backend-worker-task-role'),
  }
})
afterAll(() => cloud.dispose())

/** DynamoDB as a task of a role has it: by the temporary keys that ECS gets for it. */
async function as(role: string): Promise<DynamoDBClient> {
  const input = { RoleArn: `arn:aws:iam::124355672559:role/${role}`, RoleSessionName: 'task-1' }
  const assumed = await cloud.invoke<AssumeRoleResponse>(
    'sts',
    'AssumeRole',
    input,
    'ecs-tasks.amazonaws.com',
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = assumed.Credentials ?? {}
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  }
  return new DynamoDBClient({ ...cloud.client, credentials })
}

test('the API adds a record with the permissions that it is deployed with, and nothing replaces it', async () => {
  const store = createAuditStore({ client: roles.api as DynamoDBClient, tableName: TABLE })
  expect(await store.append([{ userId: PERSON, records: [RECORD] }])).toEqual([undefined])
  // The same key again counts as written, for a lost answer; what lies there stays.
  const forged = { ...RECORD, by: 'nobody' }
  expect(await store.append([{ userId: PERSON, records: [forged] }])).toEqual([undefined])
  expect((await store.page(PERSON, 10)).records).toEqual([RECORD])
})

const Key = {
  pk: { S: `AUDIT#${accountHash(PERSON)}` },
  sk: { S: `${RECORD.at}#${RECORD.requestId}` },
}
const Item = { ...Key, records: { S: '[]' } }
const UPDATE = {
  TableName: TABLE,
  Key,
  UpdateExpression: 'SET records = :none',
  ExpressionAttributeValues: { ':none': Item.records },
}
const partiql = (Statement: string, Parameters?: AttributeValue[]) =>
  new BatchExecuteStatementCommand({ Statements: [{ Statement, ...(Parameters && { Parameters }) }] })
const WRITES = {
  PutItem: () => new PutItemCommand({ TableName: TABLE, Item }),
  UpdateItem: () => new UpdateItemCommand(UPDATE),
  DeleteItem: () => new DeleteItemCommand({ TableName: TABLE, Key }),
  'BatchWriteItem that puts': () =>
    new BatchWriteItemCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item } }] } }),
  'BatchWriteItem that deletes': () =>
    new BatchWriteItemCommand({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key } }] } }),
  'TransactWriteItems that puts': () =>
    new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: TABLE, Item } }] }),
  'TransactWriteItems that updates': () =>
    new TransactWriteItemsCommand({ TransactItems: [{ Update: UPDATE }] }),
  'TransactWriteItems that deletes': () =>
    new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName: TABLE, Key } }] }),
  'PartiQL UPDATE': () =>
    partiql(`UPDATE "${TABLE}" SET records = ? WHERE pk = ? AND sk = ?`, [{ S: '[]' }, Key.pk, Key.sk]),
  'PartiQL DELETE': () => partiql(`DELETE FROM "${TABLE}" WHERE pk = '${Key.pk.S}' AND sk = '${Key.sk.S}'`),
}

test.each(['api', 'worker'])('neither can the %s change or remove it, by an explicit deny', async role => {
  const client = roles[role] as DynamoDBClient
  const other = { pk: { S: 'USER#1' }, sk: { S: 'REVISION' } }
  await client.send(new PutItemCommand({ TableName: TABLE, Item: other }))
  for (const [name, command] of Object.entries(WRITES)) {
    const refused = await client.send(command() as never).catch((error: Error) => error)
    expect([name, refused]).toEqual([name, expect.objectContaining({ name: 'AccessDeniedException' })])
    expect((refused as Error).message).toContain('with an explicit deny')
  }
  const store = createAuditStore({ client: roles.api as DynamoDBClient, tableName: TABLE })
  expect((await store.page(PERSON, 10)).records).toEqual([RECORD])
})
