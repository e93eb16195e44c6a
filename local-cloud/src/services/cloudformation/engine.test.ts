import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteStackCommand } from '@aws-sdk/client-cloudformation'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AwsError } from '../../core/aws-error.ts'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSecretsManager } from '../secretsmanager/secretsmanager.ts'
import { createSsm } from '../ssm/ssm.ts'
import { createCloudFormation } from './cloudformation.ts'
import type { Properties, Provider } from './providers/provider.ts'
import { stackDriver } from './testing.ts'

/** A resource type that notes every call, and fails or waits when its properties say so. */
function createProbe() {
  const calls: string[] = []
  const seen: Record<string, Properties> = {}
  const gate = Promise.withResolvers<void>()
  const act = async (verb: string, logicalId: string, properties: Properties) => {
    calls.push(`${verb} ${logicalId}`)
    seen[logicalId] = properties
    if (properties.Wait === verb) await gate.promise
    if (properties.Fail === verb) throw new AwsError('Broken', `it was told to fail ${verb}`)
  }
  const probe: Provider = {
    replaceOn: ['Fixed', 'Name'],
    nameProperty: 'Name',
    create: async (properties, context) => {
      await act('create', context.logicalId, properties)
      return String(properties.Name ?? context.generatedName(60))
    },
    update: (_, properties, __, context) => act('update', context.logicalId, properties),
    delete: (_, properties, context) => act('delete', context.logicalId, properties),
    attributes: (id, properties) => ({ Arn: `arn:probe:${id}`, Value: properties.Value }),
  }
  return {
    provider: probe,
    calls,
    seen,
    open: () => gate.resolve(),
    take: () => calls.splice(0),
  }
}

let probe: ReturnType<typeof createProbe>
let state: string
let cloud: TestCloud
let stacks: ReturnType<typeof stackDriver>

async function start(): Promise<void> {
  cloud = await startTestCloud({
    state,
    services: [
      createSsm,
      createSecretsManager,
      context => createCloudFormation(context, { 'Test::Probe': probe.provider }),
    ],
  })
  stacks = stackDriver(cloud)
}

beforeEach(async () => {
  probe = createProbe()
  state = await mkdtemp(join(tmpdir(), 'local-cloud-engine-'))
  await start()
})
afterEach(async () => {
  await cloud.stop()
  await rm(state, { recursive: true, force: true })
})

const thing = (Properties: Properties = {}, more: object = {}) => ({
  Type: 'Test::Probe',
  Properties,
  ...more,
})
const CREATE = { ChangeSetType: 'CREATE' as const }

test('what did not change is not touched', async () => {
  const of = (value: string) => ({
    Resources: {
      Rule: thing({ Weight: '100' }),
      Other: thing({ Value: value }),
      Reader: thing({ From: { 'Fn::GetAtt': ['Other', 'Value'] } }),
    },
  })
  await stacks.apply('s', of('1'), CREATE)
  probe.take()
  const set = await stacks.change('s', of('2'))
  expect(set.Changes?.map(c => c.ResourceChange?.LogicalResourceId)).toEqual(['Other', 'Reader'])
  await stacks.apply('s', of('2'))
  expect(probe.take()).toEqual(['update Other', 'update Reader'])
  expect(probe.seen.Reader).toEqual({ From: '2' })
})

test('independent resources are made at once, dependent ones after, and removed the other way round', async () => {
  const template = {
    Resources: {
      A: thing({ Wait: 'create' }),
      B: thing({ Wait: 'create' }),
      C: thing({ A: { Ref: 'A' } }, { DependsOn: ['B'] }),
    },
  }
  const applying = stacks.apply('s', template, CREATE)
  await stacks.until(async () => (probe.calls.length === 2 ? true : undefined))
  expect(probe.take().sort()).toEqual(['create A', 'create B'])
  probe.open()
  const { StackId = '' } = await applying
  expect(probe.take()).toEqual(['create C'])
  await stacks.client.send(new DeleteStackCommand({ StackName: 's' }))
  await stacks.settled(StackId)
  expect(probe.calls[0]).toBe('delete C')
})

test('a creation that was broken off is taken up again, and nothing is made twice', async () => {
  const template = {
    Resources: {
      Done: thing(),
      Slow: thing({ Wait: 'create' }, { DependsOn: 'Done' }),
      Last: thing({ Of: { Ref: 'Slow' } }),
    },
  }
  const set = stacks.apply('s', template, CREATE).catch(() => {})
  await stacks.until(async () => (probe.calls.includes('create Slow') ? true : undefined))
  await cloud.stop()
  await set
  probe.take()
  probe.open()
  await start()
  expect((await stacks.settled('s')).StackStatus).toBe('CREATE_COMPLETE')
  expect(probe.take()).toEqual(['create Slow', 'create Last'])
})

test('an update that was broken off goes on', async () => {
  const first = { Resources: { A: thing({ V: '1' }), B: thing({ V: '1' }, { DependsOn: 'A' }) } }
  await stacks.apply('s', first, CREATE)
  const second = {
    Resources: { A: thing({ V: '2' }), B: thing({ V: '2', Wait: 'update' }, { DependsOn: 'A' }) },
  }
  const update = stacks.apply('s', second).catch(() => {})
  await stacks.until(async () => (probe.calls.includes('update B') ? true : undefined))
  await cloud.stop()
  await update
  probe.take()
  probe.open()
  await start()
  expect((await stacks.settled('s')).StackStatus).toBe('UPDATE_COMPLETE')
  expect(probe.take()).toEqual(['update B'])
})

test('a rollback that was broken off goes on going back', async () => {
  const first = { Resources: { A: thing({ V: '1' }), B: thing({ V: '1' }, { DependsOn: 'A' }) } }
  await stacks.apply('s', first, CREATE)
  const second = {
    Resources: {
      A: thing({ V: '3' }),
      B: thing({ V: '3', Fail: 'update' }, { DependsOn: 'A' }),
      C: thing({ Wait: 'delete' }),
    },
  }
  const failing = stacks.apply('s', second).catch(() => {})
  await stacks.until(async () => (probe.calls.includes('delete C') ? true : undefined))
  await cloud.stop()
  await failing
  probe.open()
  await start()
  expect((await stacks.settled('s')).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE')
  expect(probe.seen.A).toEqual({ V: '1' })
  expect(probe.calls.filter(call => call === 'delete C')).toHaveLength(2)
})

test('a deletion that was broken off goes on', async () => {
  const { StackId = '' } = await stacks.apply(
    's',
    { Resources: { A: thing({ Wait: 'delete' }), B: thing({ A: { Ref: 'A' } }) } },
    CREATE,
  )
  probe.take()
  await stacks.client.send(new DeleteStackCommand({ StackName: 's' }))
  await stacks.until(async () => (probe.calls.includes('delete A') ? true : undefined))
  await cloud.stop()
  probe.open()
  await start()
  expect((await stacks.settled(StackId)).StackStatus).toBe('DELETE_COMPLETE')
  expect(probe.take()).toEqual(['delete B', 'delete A', 'delete A'])
})

test('a replacement is made first, then the old one goes; a failed one leaves the old', async () => {
  const of = (properties: Properties, more: object = {}) => ({
    Resources: { A: thing(properties, more), B: thing({ A: { Ref: 'A' } }) },
  })
  await stacks.apply('s', of({ Fixed: '1' }), CREATE)
  probe.take()
  await stacks.apply('s', of({ Fixed: '2' }))
  expect(probe.take()).toEqual(['create A', 'update B', 'delete A'])
  const failed = await stacks.apply('s', of({ Fixed: '3', Fail: 'create' }))
  expect(failed.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE')
  expect(probe.take()).toEqual(['create A'])
  await stacks.apply('s', of({ Fixed: '4' }, { UpdateReplacePolicy: 'Retain' }))
  expect(probe.take()).toEqual(['create A', 'update B'])
})

test('a named resource is not replaced under its own name', async () => {
  await stacks.apply('s', { Resources: { A: thing({ Name: 'own', Fixed: '1' }) } }, CREATE)
  const stack = await stacks.apply('s', { Resources: { A: thing({ Name: 'own', Fixed: '2' }) } })
  expect(stack.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE')
  const failed = (await stacks.events('s')).find(event => event.ResourceStatus === 'UPDATE_FAILED')
  expect(failed?.ResourceStatusReason).toContain('Rename own and update the stack again.')
})

test('a deletion that fails says which resource, and goes on with the rest', async () => {
  const template = { Resources: { A: thing({ Fail: 'delete' }), B: thing() } }
  await stacks.apply('s', template, CREATE)
  await stacks.client.send(new DeleteStackCommand({ StackName: 's' }))
  expect(await stacks.settled('s')).toMatchObject({
    StackStatus: 'DELETE_FAILED',
    StackStatusReason: 'The following resource(s) failed to delete: [A].',
  })
  const { StackId = '' } = await stacks.describe('s')
  await stacks.client.send(new DeleteStackCommand({ StackName: 's', RetainResources: ['A'] }))
  expect((await stacks.settled(StackId)).StackStatus).toBe('DELETE_COMPLETE')
})

test('parameters come from SSM, and secrets are read when used and never kept', async () => {
  const ssm = new SSMClient(cloud.client)
  await ssm.send(new PutParameterCommand({ Name: '/clarity/vpc', Value: 'vpc-1', Type: 'String' }))
  const secret = { Name: 'api-key', SecretString: JSON.stringify({ key: 'xyzzy-plugh' }) }
  await new SecretsManagerClient(cloud.client).send(new CreateSecretCommand(secret))
  const template = {
    Parameters: {
      Vpc: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/clarity/vpc' },
      Password: { Type: 'String', NoEcho: true },
    },
    Resources: {
      A: thing({
        Vpc: { Ref: 'Vpc' },
        Plain: '{{resolve:ssm:/clarity/vpc}}',
        Secret: '{{resolve:secretsmanager:api-key:SecretString:key}}',
      }),
    },
  }
  const Parameters = [{ ParameterKey: 'Password', ParameterValue: 'hidden' }]
  const stack = await stacks.apply('s', template, { ...CREATE, Parameters })
  expect(probe.seen.A).toEqual({ Vpc: 'vpc-1', Plain: 'vpc-1', Secret: 'xyzzy-plugh' })
  expect(stack.Parameters).toEqual([
    { ParameterKey: 'Vpc', ParameterValue: '/clarity/vpc', ResolvedValue: 'vpc-1' },
    { ParameterKey: 'Password', ParameterValue: '****' },
  ])
  expect(JSON.stringify(await stacks.events('s'))).not.toContain('xyzzy')

  await ssm.send(new PutParameterCommand({ Name: '/clarity/vpc', Value: 'vpc-2', Overwrite: true }))
  const keep = [{ ParameterKey: 'Password', UsePreviousValue: true }]
  const set = await stacks.change('s', template, { Parameters: keep })
  expect(set.Changes?.[0]?.ResourceChange?.Details?.[0]).toMatchObject({
    ChangeSource: 'ParameterReference',
    CausingEntity: 'Vpc',
  })
  await expect(
    stacks.change(
      's',
      {
        ...template,
        Parameters: { ...template.Parameters, Vpc: { ...template.Parameters.Vpc, Default: '/none' } },
      },
      { Parameters: keep },
    ),
  ).rejects.toThrow('Unable to fetch parameters [/none] from parameter store for this account.')
})

test('conditions decide what exists', async () => {
  const template = (Protected: string) => ({
    Parameters: { Protected: { Type: 'String', AllowedValues: ['true', 'false'], Default: Protected } },
    Conditions: { IsProtected: { 'Fn::Equals': [{ Ref: 'Protected' }, 'true'] } },
    Resources: {
      Always: thing({ Lock: { 'Fn::If': ['IsProtected', 'on', { Ref: 'AWS::NoValue' }] } }),
      Sometimes: thing({}, { Condition: 'IsProtected' }),
    },
    Outputs: { Id: { Condition: 'IsProtected', Value: { Ref: 'Sometimes' } } },
  })
  expect((await stacks.apply('s', template('false'), CREATE)).Outputs).toEqual([])
  expect(probe.take()).toEqual(['create Always'])
  expect(probe.seen.Always).toEqual({})
  expect((await stacks.apply('s', template('true'))).Outputs).toHaveLength(1)
  expect(probe.seen.Always).toEqual({ Lock: 'on' })
  await stacks.apply('s', template('false'))
  expect(probe.take().at(-1)).toBe('delete Sometimes')
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: CloudFormation's own notation
test('a template in YAML is the same template', async () => {
  const TemplateBody = [
    'Resources:',
    '  A: {Type: Test::Probe, Properties: {Value: one}}',
    '  B:',
    '    Type: Test::Probe',
    '    Properties:',
    '      Arn: !GetAtt A.Arn',
    '      Text: !Sub "${A}-${AWS::Region}"',
  ].join('\n')
  await stacks.apply('s', {}, { ...CREATE, TemplateBody })
  expect(probe.seen.B?.Text).toMatch(/^s-A-\w+-us-east-1$/)
  expect(probe.seen.B?.Arn).toMatch(/^arn:probe:s-A-/)
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: CloudFormation's own notation

test('the stack record on disk names secrets only by reference', async () => {
  const secret = { Name: 'k', SecretString: 'the-needle' }
  await new SecretsManagerClient(cloud.client).send(new CreateSecretCommand(secret))
  await stacks.apply('s', { Resources: { A: thing({ S: '{{resolve:secretsmanager:k}}' }) } }, CREATE)
  const rows = await readFile(join(state, 'state.db'))
  const inEvents = rows.toString('latin1').match(/"S":"the-needle"/g)
  expect(inEvents).toBeNull()
})
