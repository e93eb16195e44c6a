import assert from 'node:assert/strict'
import {
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('systems-manager/latest/APIReference/')

/** Systems Manager: the Parameter Store. */
export const ssm: Suite = {
  service: 'ssm',
  cases: ({ config }) => {
    const client = new SSMClient(config)
    const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
      client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }))
    const get = (Name: string, WithDecryption?: boolean) =>
      client.send(new GetParameterCommand({ Name, WithDecryption }))
    const path = () => `/${freshName('path')}`

    return [
      says(
        'API_PutParameter.html',
        'a value is overwritten only when that is said, as a new version',
        async () => {
          const name = path()
          has(await put(name, 'one'), { Version: 1 })
          await refused(put(name, 'two'), 'ParameterAlreadyExists', 400)
          has(await put(name, 'two', { Overwrite: true }), { Version: 2 })
          has((await get(name)).Parameter, { Name: name, Value: 'two', Version: 2, Type: 'String' })
        },
      ),
      says('API_GetParameter.html', 'an older version is read by its number', async () => {
        const name = path()
        await put(name, 'one')
        await put(name, 'two', { Overwrite: true })
        has((await get(`${name}:1`)).Parameter, { Value: 'one', Selector: ':1' })
        await refused(get(`${name}:9`), 'ParameterVersionNotFound', 400)
      }),
      says('API_GetParameter.html', 'a parameter that does not exist is ParameterNotFound', () =>
        refused(get(path()), 'ParameterNotFound', 400),
      ),
      says('API_GetParameter.html', 'a SecureString is read in clear only with decryption', async () => {
        const name = path()
        await put(name, 'a secret', { Type: 'SecureString' })
        assert.ok(!(await get(name)).Parameter?.Value?.includes('a secret'))
        assert.equal((await get(name, true)).Parameter?.Value, 'a secret')
      }),
      says('API_PutParameter.html', 'a key that does not exist encrypts nothing', () =>
        refused(put(path(), 'x', { Type: 'SecureString', KeyId: 'alias/none' }), 'InvalidKeyId', 400),
      ),
      says('API_GetParameters.html', 'several at once, unknown ones by name', async () => {
        const [name, none] = [path(), path()]
        await put(name, 'x')
        const answer = await client.send(new GetParametersCommand({ Names: [name, none] }))
        has(answer.Parameters, [{ Name: name, Value: 'x' }])
        assert.deepEqual(answer.InvalidParameters, [none])
      }),
      says('API_GetParametersByPath.html', 'one level or all levels, in pages of at most ten', async () => {
        const root = path()
        for (let at = 0; at < 3; at++) await put(`${root}/p${at}`, 'x')
        await put(`${root}/deep/er`, 'x')
        const list = (more: object) => client.send(new GetParametersByPathCommand({ Path: root, ...more }))
        assert.equal((await list({})).Parameters?.length, 3)
        assert.equal((await list({ Recursive: true })).Parameters?.length, 4)
        const first = await list({ MaxResults: 2 })
        assert.equal(first.Parameters?.length, 2)
        const second = await list({ MaxResults: 2, NextToken: first.NextToken })
        assert.equal(second.Parameters?.length, 1)
        assert.equal(second.NextToken, undefined)
        await refused(list({ MaxResults: 11 }), 'ValidationException', 400)
      }),
      says(
        'API_DescribeParameters.html',
        'described by the beginning of a name, without values',
        async () => {
          const root = path()
          await put(`${root}/a`, 'x', { Description: 'first' })
          const { Parameters } = await client.send(
            new DescribeParametersCommand({
              ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: [root] }],
            }),
          )
          has(Parameters, [{ Name: `${root}/a`, Description: 'first', Tier: 'Standard', Type: 'String' }])
        },
      ),
      says('API_GetParameterHistory.html', 'every version, oldest first', async () => {
        const name = path()
        await put(name, 'one')
        await put(name, 'two', { Overwrite: true })
        const { Parameters } = await client.send(new GetParameterHistoryCommand({ Name: name }))
        has(Parameters, [
          { Version: 1, Value: 'one' },
          { Version: 2, Value: 'two' },
        ])
      }),
      says('API_LabelParameterVersion.html', 'a label names one version, and moves', async () => {
        const name = path()
        await put(name, 'one')
        await put(name, 'two', { Overwrite: true })
        const label = (ParameterVersion: number) =>
          client.send(new LabelParameterVersionCommand({ Name: name, ParameterVersion, Labels: ['live'] }))
        await label(1)
        assert.equal((await get(`${name}:live`)).Parameter?.Value, 'one')
        await label(2)
        assert.equal((await get(`${name}:live`)).Parameter?.Value, 'two')
      }),
      says('API_DeleteParameters.html', 'deletes what is there and names what is not', async () => {
        const [name, none] = [path(), path()]
        await put(name, 'x')
        const answer = await client.send(new DeleteParametersCommand({ Names: [name, none] }))
        has(answer, { DeletedParameters: [name], InvalidParameters: [none] })
        await refused(client.send(new DeleteParameterCommand({ Name: name })), 'ParameterNotFound', 400)
      }),
      says('API_PutParameter.html', 'a value matches its pattern', async () => {
        const name = path()
        await refused(
          put(name, '1', { AllowedPattern: '^[a-z]+$' }),
          'ParameterPatternMismatchException',
          400,
        )
      }),
      says('API_PutParameter.html', 'a standard value has at most 4 KB', () =>
        refused(put(path(), 'x'.repeat(4097)), 'ValidationException', 400),
      ),
      says('API_PutParameter.html', 'names that begin with aws are refused', () =>
        refused(put('aws-mine', 'x'), 'ValidationException', 400),
      ),
      says('API_ListTagsForResource.html', 'a parameter keeps its tags', async () => {
        const name = path()
        await put(name, 'x', { Tags: [{ Key: 'team', Value: 'a' }] })
        const { TagList } = await client.send(
          new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: name }),
        )
        assert.deepEqual(TagList, [{ Key: 'team', Value: 'a' }])
      }),
    ]
  },
}
