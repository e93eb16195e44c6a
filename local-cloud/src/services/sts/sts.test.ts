import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createIam } from '../iam/iam.ts'
import { createSts } from './sts.ts'

const ACCOUNT = '124355672559'
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/local-operator`
let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSts, createIam] })
})
afterAll(() => cloud.dispose())

async function role(RoleName: string, statement: object): Promise<string> {
  const Statement = { Effect: 'Allow', Action: 'sts:AssumeRole', ...statement }
  const { Role } = await new IAMClient(cloud.client).send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify({ Statement }) }),
  )
  return Role?.Arn as string
}
const assume = (RoleArn: string) =>
  new STSClient(cloud.client).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session' }))

test('says who signs', async () => {
  const { Arn } = await new STSClient(cloud.client).send(new GetCallerIdentityCommand({}))
  expect(Arn).toBe(OPERATOR)
})

test.each<[string, object, boolean]>([
  ['the caller itself', { Principal: { AWS: OPERATOR } }, true],
  ['the account', { Principal: { AWS: [ACCOUNT] } }, true],
  ['everyone', { Principal: '*' }, true],
  ['everyone but the caller', { Effect: 'Deny', Principal: '*' }, false],
  ['a service', { Principal: { Service: 'ecs-tasks.amazonaws.com' } }, false],
  ['another user', { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/other` } }, false],
  ['the account for another action', { Principal: '*', Action: 'sts:TagSession' }, false],
  [
    'whoever meets a condition',
    { Principal: '*', Condition: { StringEquals: { 'aws:PrincipalArn': OPERATOR } } },
    true,
  ],
  [
    'nobody by a condition',
    { Principal: '*', Condition: { StringEquals: { 'sts:ExternalId': 'x' } } },
    false,
  ],
])('a role that trusts %s', async (what, statement, lends) => {
  const answer = assume(await role(what.replaceAll(' ', '-'), statement))
  if (lends) expect((await answer).Credentials?.SessionToken).toBeDefined()
  else
    await expect(answer).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })
})

test('a service takes the role that trusts it', async () => {
  const RoleArn = await role('task', { Principal: { Service: 'ecs-tasks.amazonaws.com' } })
  const take = (principal: string) =>
    cloud.invoke('sts', 'AssumeRole', { RoleArn, RoleSessionName: 'session' }, principal)
  await take('ecs-tasks.amazonaws.com')
  await expect(take('lambda.amazonaws.com')).rejects.toMatchObject({ code: 'AccessDenied' })
})

test('answers 501 to what it does not have', async () => {
  await expect(new STSClient(cloud.client).send(new GetSessionTokenCommand())).rejects.toMatchObject({
    name: 'NotImplemented',
    $metadata: { httpStatusCode: 501 },
  })
})
