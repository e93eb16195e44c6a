import {
  CreateStackCommand,
  ExecuteChangeSetCommand,
  GetTemplateSummaryCommand,
} from '@aws-sdk/client-cloudformation'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createIam } from '../iam/iam.ts'
import { createS3 } from '../s3/s3.ts'
import { createCloudFormation } from './cloudformation.ts'
import { stackDriver } from './testing.ts'

let cloud: TestCloud
let stacks: ReturnType<typeof stackDriver>

beforeAll(async () => {
  cloud = await startTestCloud({ services: [createIam, createS3, createCloudFormation] })
  stacks = stackDriver(cloud)
  await stacks.apply('one', { Resources: { A: role() } }, { ChangeSetType: 'CREATE' })
})
afterAll(() => cloud.dispose())

function role(properties: object = {}) {
  const Statement = [
    { Effect: 'Allow', Principal: { Service: 'ecs.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ]
  return { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement }, ...properties } }
}

test.each<[string, object, string]>([
  [
    'an unknown type',
    { Resources: { Odd: { Type: 'AWS::Lambda::Function' } } },
    'Unrecognized resource types: [AWS::Lambda::Function] (Odd is AWS::Lambda::Function)',
  ],
  [
    'an unresolved reference',
    { Resources: { A: role({ RoleName: { Ref: 'Nowhere' } }) } },
    'Unresolved resource dependencies [Nowhere] in the Resources block of the template',
  ],
  [
    'a cycle',
    { Resources: { A: role({ RoleName: { Ref: 'B' } }), B: role({ RoleName: { Ref: 'A' } }) } },
    'Circular dependency between resources: [A, B]',
  ],
  [
    'a parameter without value',
    { Parameters: { Size: { Type: 'Number' } }, Resources: { A: role() } },
    'Parameters: [Size] must have values',
  ],
  [
    'a transform',
    { Transform: 'AWS::Serverless-2016-10-31', Resources: { A: role() } },
    'transforms and macros',
  ],
  ['no resources', { Resources: {} }, 'At least one Resources member must be defined.'],
])('refuses %s by name', async (_, template, message) => {
  const create = stacks.change('refused', template, { ChangeSetType: 'CREATE' })
  await expect(create).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining(message),
  })
  await expect(stacks.describe('refused')).rejects.toThrow('Stack with id refused does not exist')
})

test('AWS errors have their names', async () => {
  const body = JSON.stringify({ Resources: { A: role({ RoleName: 'x' }) } })
  await expect(
    stacks.client.send(new CreateStackCommand({ StackName: 'caps', TemplateBody: body })),
  ).rejects.toMatchObject({
    name: 'InsufficientCapabilitiesException',
    message: 'Requires capabilities : [CAPABILITY_NAMED_IAM]',
  })
  await expect(stacks.change('nowhere', { Resources: { A: role() } })).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'Stack [nowhere] does not exist',
  })
  await expect(
    stacks.client.send(new ExecuteChangeSetCommand({ ChangeSetName: 'none', StackName: 'one' })),
  ).rejects.toMatchObject({ name: 'ChangeSetNotFoundException' })
  await expect(
    stacks.change('one', { Resources: { A: role() } }, { ChangeSetType: 'CREATE' }),
  ).rejects.toMatchObject({ name: 'AlreadyExistsException' })
})

test('a resource does not change its type', async () => {
  const set = await stacks.change('one', { Resources: { A: { Type: 'AWS::SNS::Topic' } } })
  expect(set).toMatchObject({
    Status: 'FAILED',
    StatusReason: expect.stringContaining('the following resources: [A]'),
  })
})

test('a template is taken inline up to the size that AWS takes, and from S3 beyond it', async () => {
  const template = { Description: 'fits', Metadata: { filler: 'x'.repeat(51_200) }, Resources: { A: role() } }
  await expect(stacks.change('one', template)).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('Member must have length less than or equal to 51200'),
  })
  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: 'templates' }))
  const Body = JSON.stringify(template)
  await s3.send(new PutObjectCommand({ Bucket: 'templates', Key: 'a/large.json', Body }))
  const addresses = [
    'https://templates.s3.us-east-1.amazonaws.com/a/large.json',
    'https://s3.amazonaws.com/templates/a/large.json',
    `${cloud.endpoint}/templates/a/large.json`,
  ]
  for (const TemplateURL of addresses) {
    const summary = await stacks.client.send(new GetTemplateSummaryCommand({ TemplateURL }))
    expect(summary).toMatchObject({ Description: 'fits', ResourceTypes: ['AWS::IAM::Role'] })
  }
  const input = { TemplateBody: undefined, TemplateURL: addresses[0], ChangeSetType: 'CREATE' as const }
  expect((await stacks.apply('large', {}, input)).StackStatus).toBe('CREATE_COMPLETE')
})

test('a template that is elsewhere is refused, not ignored', async () => {
  const at = (TemplateURL: string) => stacks.change('one', {}, { TemplateBody: undefined, TemplateURL })
  await expect(at('https://example.com/t.json')).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('is not an address of S3 here'),
  })
  await expect(at('https://nobody.s3.amazonaws.com/t.json')).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('S3 error'),
  })
})
