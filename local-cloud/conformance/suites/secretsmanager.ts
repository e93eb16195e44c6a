import assert from 'node:assert/strict'
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('secretsmanager/latest/apireference/')

/** Secrets Manager: values by version and stage, deletion with a way back, lists. */
export const secretsmanager: Suite = {
  service: 'secretsmanager',
  cases: ({ config }) => {
    const client = new SecretsManagerClient(config)
    async function secret(SecretString = 'one', Name = freshName('secret')) {
      const { ARN, VersionId } = await client.send(new CreateSecretCommand({ Name, SecretString }))
      return { Name, ARN: ARN as string, VersionId: VersionId as string }
    }
    const value = (SecretId: string, more: object = {}) =>
      client.send(new GetSecretValueCommand({ SecretId, ...more }))
    const put = (SecretId: string, SecretString: string, more: object = {}) =>
      client.send(new PutSecretValueCommand({ SecretId, SecretString, ...more }))
    const remove = (SecretId: string, more: object = {}) =>
      client.send(new DeleteSecretCommand({ SecretId, ...more }))

    return [
      says(
        'API_CreateSecret.html',
        'an ARN ends in six random characters, and a name is taken once',
        async () => {
          const { Name, ARN } = await secret()
          assert.match(ARN, new RegExp(`^arn:aws:secretsmanager:us-east-1:\\d{12}:secret:${Name}-\\w{6}$`))
          await refused(secret('two', Name), 'ResourceExistsException', 400)
        },
      ),
      says('API_GetSecretValue.html', 'found by name, ARN, and ARN without the random part', async () => {
        const { Name, ARN, VersionId } = await secret()
        for (const id of [Name, ARN, ARN.slice(0, -7)])
          has(await value(id), { Name, ARN, SecretString: 'one', VersionId, VersionStages: ['AWSCURRENT'] })
      }),
      says(
        'API_GetSecretValue.html',
        'a secret, a version or a stage that is not there is refused',
        async () => {
          const { Name } = await secret()
          await refused(value(freshName('none')), 'ResourceNotFoundException', 400)
          await refused(value(Name, { VersionStage: 'AWSPREVIOUS' }), 'ResourceNotFoundException', 400)
        },
      ),
      says('API_PutSecretValue.html', 'a new value is current, the one before it previous', async () => {
        const { Name, VersionId } = await secret()
        await put(Name, 'two')
        assert.equal((await value(Name)).SecretString, 'two')
        assert.equal((await value(Name, { VersionStage: 'AWSPREVIOUS' })).SecretString, 'one')
        assert.equal((await value(Name, { VersionId })).SecretString, 'one')
      }),
      says('API_PutSecretValue.html', 'a request token is good for one value', async () => {
        const { Name } = await secret()
        const ClientRequestToken = '11111111-1111-4111-8111-111111111111'
        const again = () => put(Name, 'two', { ClientRequestToken })
        assert.equal((await again()).VersionId, (await again()).VersionId)
        await refused(put(Name, 'three', { ClientRequestToken }), 'ResourceExistsException', 400)
      }),
      says('API_PutSecretValue.html', 'bytes come back as bytes', async () => {
        const { Name } = await secret()
        const SecretBinary = new Uint8Array([0, 255, 7])
        await client.send(new PutSecretValueCommand({ SecretId: Name, SecretBinary }))
        assert.deepEqual(new Uint8Array((await value(Name)).SecretBinary ?? []), SecretBinary)
      }),
      says('API_UpdateSecretVersionStage.html', 'a stage is moved by hand', async () => {
        const { Name, VersionId } = await secret()
        const { VersionId: later } = await put(Name, 'two')
        await client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: Name,
            VersionStage: 'AWSCURRENT',
            MoveToVersionId: VersionId,
            RemoveFromVersionId: later,
          }),
        )
        assert.equal((await value(Name)).SecretString, 'one')
        assert.equal((await value(Name, { VersionStage: 'AWSPREVIOUS' })).SecretString, 'two')
      }),
      says(
        'API_ListSecretVersionIds.html',
        'versions without a stage are listed when asked for',
        async () => {
          const { Name, VersionId } = await secret()
          await put(Name, 'two')
          await put(Name, 'three')
          const list = async (IncludeDeprecated: boolean) =>
            (await client.send(new ListSecretVersionIdsCommand({ SecretId: Name, IncludeDeprecated })))
              .Versions ?? []
          assert.equal((await list(false)).length, 2)
          const all = await list(true)
          assert.equal(all.length, 3)
          assert.ok(all.some(version => version.VersionId === VersionId))
        },
      ),
      says('API_DeleteSecret.html', 'a deleted secret is closed, and can be restored', async () => {
        const { Name } = await secret()
        await remove(Name, { RecoveryWindowInDays: 7 })
        await refused(value(Name), 'InvalidRequestException', 400)
        const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId: Name }))
        assert.ok(DeletedDate instanceof Date)
        await client.send(new RestoreSecretCommand({ SecretId: Name }))
        assert.equal((await value(Name)).SecretString, 'one')
      }),
      says('API_DeleteSecret.html', 'the window is 7 to 30 days, or none by force', async () => {
        const { Name } = await secret()
        await refused(remove(Name, { RecoveryWindowInDays: 6 }), 'InvalidParameterException', 400)
        await remove(Name, { ForceDeleteWithoutRecovery: true })
        await refused(value(Name), 'ResourceNotFoundException', 400)
      }),
      says('API_ListSecrets.html', 'lists by the beginning of a name, in pages', async () => {
        const prefix = freshName('list')
        for (const end of ['a', 'b', 'c']) await secret('x', prefix + end)
        const list = (NextToken?: string) =>
          client.send(
            new ListSecretsCommand({
              Filters: [{ Key: 'name', Values: [prefix] }],
              MaxResults: 2,
              NextToken,
            }),
          )
        const first = await list()
        assert.equal(first.SecretList?.length, 2)
        const second = await list(first.NextToken)
        assert.equal(second.SecretList?.length, 1)
        assert.equal(second.NextToken, undefined)
      }),
      says(
        'API_BatchGetSecretValue.html',
        'several values at once, what is missing among the errors',
        async () => {
          const { Name, ARN } = await secret()
          const none = freshName('none')
          const answer = await client.send(new BatchGetSecretValueCommand({ SecretIdList: [Name, none] }))
          has(answer.SecretValues, [{ ARN, SecretString: 'one' }])
          has(answer.Errors, [{ SecretId: none, ErrorCode: 'ResourceNotFoundException' }])
        },
      ),
      says('API_PutResourcePolicy.html', 'a resource policy is kept', async () => {
        const { Name } = await secret()
        const ResourcePolicy = JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:*', Resource: '*' }],
        })
        await client.send(new PutResourcePolicyCommand({ SecretId: Name, ResourcePolicy }))
        const read = await client.send(new GetResourcePolicyCommand({ SecretId: Name }))
        assert.deepEqual(JSON.parse(read.ResourcePolicy ?? ''), JSON.parse(ResourcePolicy))
      }),
      says('API_GetRandomPassword.html', 'a random password has the length and kinds asked for', async () => {
        const ask = async (input: object) =>
          (await client.send(new GetRandomPasswordCommand(input))).RandomPassword ?? ''
        assert.equal((await ask({})).length, 32)
        const plain = await ask({ PasswordLength: 40, ExcludePunctuation: true, ExcludeNumbers: true })
        assert.match(plain, /^[A-Za-z]{40}$/)
      }),
    ]
  },
}
