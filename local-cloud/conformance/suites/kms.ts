import assert from 'node:assert/strict'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyRotationsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('kms/latest/APIReference/')
const Plaintext = Buffer.from('a value to keep')
const EncryptionContext = { table: 'health', user: '1' }

/** KMS: keys that encrypt, their aliases, grants, rotation and end. */
export const kms: Suite = {
  service: 'kms',
  cases: ({ config }) => {
    const client = new KMSClient(config)
    const newKey = async (Tags?: { TagKey: string; TagValue: string }[]) =>
      (await client.send(new CreateKeyCommand({ Description: 'conformance', Tags }))).KeyMetadata
        ?.KeyId as string
    const encrypt = async (KeyId: string, context?: Record<string, string>) =>
      (await client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: context })))
        .CiphertextBlob as Uint8Array
    const decrypt = (CiphertextBlob: Uint8Array, more: object = {}) =>
      client.send(new DecryptCommand({ CiphertextBlob, ...more }))

    return [
      says('API_CreateKey.html', 'a new key is enabled and encrypts symmetrically', async () => {
        const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: await newKey() }))
        has(KeyMetadata, {
          Enabled: true,
          KeyState: 'Enabled',
          KeyUsage: 'ENCRYPT_DECRYPT',
          KeySpec: 'SYMMETRIC_DEFAULT',
          KeyManager: 'CUSTOMER',
          Origin: 'AWS_KMS',
        })
      }),
      says('API_Decrypt.html', 'decrypts without being told the key, in the same context only', async () => {
        const blob = await encrypt(await newKey(), EncryptionContext)
        assert.ok(!Buffer.from(blob).includes(Plaintext))
        const open = await decrypt(blob, { EncryptionContext: { user: '1', table: 'health' } })
        assert.deepEqual(Buffer.from(open.Plaintext ?? []), Plaintext)
        await refused(decrypt(blob), 'InvalidCiphertextException', 400)
        await refused(
          decrypt(blob, { EncryptionContext: { ...EncryptionContext, user: '2' } }),
          'InvalidCiphertextException',
          400,
        )
      }),
      says('API_Decrypt.html', 'a changed ciphertext and another key do not decrypt', async () => {
        const blob = await encrypt(await newKey())
        const changed = Uint8Array.from(blob)
        changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
        await refused(decrypt(changed), 'InvalidCiphertextException', 400)
        await refused(decrypt(blob, { KeyId: await newKey() }), 'IncorrectKeyException', 400)
      }),
      says('API_Encrypt.html', 'encrypts 4096 bytes and not one more', async () => {
        const KeyId = await newKey()
        await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4096, 1) }))
        await refused(
          client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4097, 1) })),
          'ValidationException',
          400,
        )
      }),
      says('API_GenerateDataKey.html', 'a data key comes in clear and encrypted', async () => {
        const KeyId = await newKey()
        const made = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
        assert.equal(made.Plaintext?.length, 32)
        assert.deepEqual((await decrypt(made.CiphertextBlob as Uint8Array)).Plaintext, made.Plaintext)
      }),
      says('API_ReEncrypt.html', 're-encrypts under another key', async () => {
        const [from, to] = [await newKey(), await newKey()]
        const { CiphertextBlob } = await client.send(
          new ReEncryptCommand({ CiphertextBlob: await encrypt(from), DestinationKeyId: to }),
        )
        const open = await decrypt(CiphertextBlob as Uint8Array)
        assert.deepEqual(Buffer.from(open.Plaintext ?? []), Plaintext)
        assert.ok(open.KeyId?.endsWith(to))
      }),
      says('API_CreateAlias.html', 'an alias stands for its key, and is taken once', async () => {
        const AliasName = `alias/${freshName('data')}`
        const TargetKeyId = await newKey()
        const create = () => client.send(new CreateAliasCommand({ AliasName, TargetKeyId }))
        await create()
        const open = await decrypt(await encrypt(AliasName))
        assert.ok(open.KeyId?.endsWith(TargetKeyId))
        const { Aliases } = await client.send(new ListAliasesCommand({ KeyId: TargetKeyId }))
        assert.deepEqual(
          Aliases?.map(alias => alias.AliasName),
          [AliasName],
        )
        await refused(create(), 'AlreadyExistsException', 400)
      }),
      says('API_CreateAlias.html', 'alias/aws/ belongs to AWS', async () => {
        const TargetKeyId = await newKey()
        const AliasName = 'alias/aws/mine'
        await refused(
          client.send(new CreateAliasCommand({ AliasName, TargetKeyId })),
          'NotAuthorizedException',
          400,
        )
      }),
      says('API_DescribeKey.html', 'a key that does not exist is NotFoundException', async () => {
        const KeyId = '00000000-0000-4000-8000-000000000000'
        await refused(client.send(new DescribeKeyCommand({ KeyId })), 'NotFoundException', 400)
      }),
      says('API_DisableKey.html', 'a disabled key does not encrypt', async () => {
        const KeyId = await newKey()
        await client.send(new DisableKeyCommand({ KeyId }))
        await refused(encrypt(KeyId), 'DisabledException', 400)
      }),
      says(
        'API_ScheduleKeyDeletion.html',
        'a key to be deleted is of no use until that is cancelled',
        async () => {
          const KeyId = await newKey()
          const schedule = (PendingWindowInDays: number) =>
            client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }))
          await refused(schedule(6), 'ValidationException', 400)
          has(await schedule(7), { KeyState: 'PendingDeletion', PendingWindowInDays: 7 })
          await refused(encrypt(KeyId), 'KMSInvalidStateException', 400)
          await client.send(new CancelKeyDeletionCommand({ KeyId }))
          const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
          has(KeyMetadata, { KeyState: 'Disabled' })
        },
      ),
      says(
        'API_GetKeyPolicy.html',
        'a key without a policy gets one that leaves it to the account',
        async () => {
          const { Policy } = await client.send(new GetKeyPolicyCommand({ KeyId: await newKey() }))
          const [statement] = JSON.parse(Policy ?? '{}').Statement
          assert.match(statement.Principal.AWS, /^arn:aws:iam::\d{12}:root$/)
        },
      ),
      says('API_GetKeyRotationStatus.html', 'rotation is off, then once a year', async () => {
        const KeyId = await newKey()
        const status = () => client.send(new GetKeyRotationStatusCommand({ KeyId }))
        has(await status(), { KeyRotationEnabled: false })
        await client.send(new EnableKeyRotationCommand({ KeyId }))
        has(await status(), { KeyRotationEnabled: true, RotationPeriodInDays: 365 })
      }),
      says(
        'API_RotateKeyOnDemand.html',
        'what was encrypted before a rotation decrypts after it',
        async () => {
          const KeyId = await newKey()
          const blob = await encrypt(KeyId)
          await client.send(new RotateKeyOnDemandCommand({ KeyId }))
          assert.deepEqual(Buffer.from((await decrypt(blob)).Plaintext ?? []), Plaintext)
          const { Rotations } = await client.send(new ListKeyRotationsCommand({ KeyId }))
          has(Rotations, [{ RotationType: 'ON_DEMAND' }])
        },
      ),
      says('API_CreateGrant.html', 'a grant is listed until it is revoked or retired', async () => {
        const KeyId = await newKey()
        const GranteePrincipal = 'arn:aws:iam::124355672559:role/worker'
        const grant = () =>
          client.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['Decrypt'] }))
        const [one, two] = [await grant(), await grant()]
        const list = async () => (await client.send(new ListGrantsCommand({ KeyId }))).Grants ?? []
        assert.equal((await list()).length, 2)
        await client.send(new RevokeGrantCommand({ KeyId, GrantId: one.GrantId }))
        has(await list(), [{ GrantId: two.GrantId, GranteePrincipal, Operations: ['Decrypt'] }])
        await client.send(new RetireGrantCommand({ GrantToken: two.GrantToken }))
        assert.deepEqual(await list(), [])
      }),
      says('API_ListKeys.html', 'lists keys in pages', async () => {
        await newKey()
        await newKey()
        const first = await client.send(new ListKeysCommand({ Limit: 1 }))
        assert.equal(first.Keys?.length, 1)
        assert.equal(first.Truncated, true)
        const second = await client.send(new ListKeysCommand({ Limit: 1, Marker: first.NextMarker }))
        assert.notEqual(second.Keys?.[0]?.KeyId, first.Keys?.[0]?.KeyId)
      }),
      says('API_ListResourceTags.html', 'a key keeps its tags', async () => {
        const tags = [{ TagKey: 'team', TagValue: 'a' }]
        const { Tags } = await client.send(new ListResourceTagsCommand({ KeyId: await newKey(tags) }))
        assert.deepEqual(Tags, tags)
      }),
    ]
  },
}
