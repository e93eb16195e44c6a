import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createIam } from '../iam/iam.ts'
import { createKms } from '../kms/kms.ts'
import { createSts } from '../sts/sts.ts'
import { createS3 } from './s3.ts'
import { s3Client } from './testing.ts'

const Bucket = 'clarity-policies'
const ACCOUNT = '124355672559'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/reader`
let cloud: TestCloud
let s3: S3Client
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSts, createIam, createKms, createS3] })
  s3 = s3Client(cloud.client)
  await s3.send(new CreateBucketCommand({ Bucket }))
  const trust = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'sts:AssumeRole',
  }
  await new IAMClient(cloud.client).send(
    new CreateRoleCommand({
      RoleName: 'reader',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  )
})
afterAll(() => cloud.dispose())

/** A client that signs as the role. */
async function asReader(): Promise<S3Client> {
  const { Credentials } = await new STSClient(cloud.client).send(
    new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'test' }),
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = Credentials ?? {}
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  }
  return s3Client({ ...cloud.client, credentials })
}

const statement = (more: object) => ({
  Effect: 'Allow',
  Principal: { AWS: ROLE },
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${Bucket}/*`,
  ...more,
})
const putPolicy = (...Statement: object[]) =>
  s3.send(
    new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
  )
const allow = (RoleName: string, Action: string[]) =>
  new IAMClient(cloud.client).send(
    new PutRolePolicyCommand({
      RoleName,
      PolicyName: 'p',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
      }),
    }),
  )

test('a bucket policy lets a role in that has no policy of its own, and a deny refuses everyone', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))
  const reader = await asReader()
  const get = () => reader.send(new GetObjectCommand({ Bucket, Key: 'a' }))
  await expect(get()).rejects.toMatchObject({ name: 'AccessDenied' })
  await putPolicy(statement({}))
  expect(await (await get()).Body?.transformToString()).toBe('x')
  await expect(reader.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))).rejects.toMatchObject({
    name: 'AccessDenied',
  })

  const prefix = { StringNotLike: { 's3:prefix': 'open/*' } }
  const list = statement({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:ListBucket',
    Resource: `arn:aws:s3:::${Bucket}`,
    Condition: prefix,
  })
  const plain = statement({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  })
  await putPolicy(list, plain)
  await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'open/' }))
  await expect(s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'closed/' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('with an explicit deny in a resource-based policy'),
  })
  await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }))

  await putPolicy(
    statement({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: `arn:aws:s3:::${Bucket}`,
    }),
  )
  // who owns a bucket can always take its policy away
  await expect(s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name: 'AccessDenied' })
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }))
  await s3.send(new ListObjectsV2Command({ Bucket }))
})

test.each<[string, object, string]>([
  ['an action of another service', { Action: 'sqs:*' }, 'Policy has invalid action'],
  ['another bucket', { Resource: 'arn:aws:s3:::other/*' }, 'Policy has invalid resource'],
  ['nobody', { Principal: undefined }, 'Missing required field Principal'],
  ['everyone, where that is blocked', { Principal: '*' }, 'public policies are blocked'],
])('refuses a policy with %s', async (_, more, message) => {
  await expect(putPolicy(statement(more))).rejects.toThrow(message)
})

test('takes a public policy where the block is off, and one that is not really public', async () => {
  await putPolicy(
    statement({ Principal: '*', Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }),
  )
  await s3.send(
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } }),
  )
  await putPolicy(statement({ Principal: '*' }))
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }))
})

test('a KMS key must be there, be on, and be the caller’s to use', async () => {
  const kms = new KMSClient(cloud.client)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const { KeyId, Arn } = KeyMetadata ?? {}
  const put = (client: S3Client, SSEKMSKeyId: string | undefined) =>
    client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'sealed',
        Body: 'x',
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId,
      }),
    )
  await expect(put(s3, '11111111-2222-3333-4444-555555555555')).rejects.toMatchObject({
    name: 'KMS.NotFoundException',
  })
  expect(await put(s3, KeyId)).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: Arn })

  await allow('reader', ['s3:*'])
  const reader = await asReader()
  const get = (client: S3Client) => client.send(new GetObjectCommand({ Bucket, Key: 'sealed' }))
  await expect(get(reader)).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('kms:Decrypt'),
  })
  await expect(put(reader, KeyId)).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('kms:GenerateDataKey'),
  })
  await allow('reader', ['s3:*', 'kms:Decrypt', 'kms:GenerateDataKey'])
  await put(reader, KeyId)
  await get(reader)

  const Rules = [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: Arn } },
  ]
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }))
  const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/sealed` }))
  expect(copied.SSEKMSKeyId).toBe(Arn)
  await kms.send(new DisableKeyCommand({ KeyId }))
  await expect(get(s3)).rejects.toMatchObject({ name: 'KMS.DisabledException' })
  await expect(s3.send(new PutObjectCommand({ Bucket, Key: 'b', Body: 'x' }))).rejects.toMatchObject({
    name: 'KMS.DisabledException',
  })
  await kms.send(new EnableKeyCommand({ KeyId }))
  expect(await (await get(s3)).Body?.transformToString()).toBe('x')
})

test('writes who did what into the bucket that is to have the log', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'clarity-logs' }))
  const logging = (TargetBucket: string) =>
    s3.send(
      new PutBucketLoggingCommand({
        Bucket,
        BucketLoggingStatus: { LoggingEnabled: { TargetBucket, TargetPrefix: 's3/' } },
      }),
    )
  await expect(logging('nowhere')).rejects.toMatchObject({ name: 'InvalidTargetBucketForLogging' })
  await logging('clarity-logs')
  await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }))
  await s3.send(new GetObjectCommand({ Bucket, Key: 'absent' })).catch(() => {})
  cloud.clock.advance(300_000)
  const later = s3Client(cloud.client, { systemClockOffset: cloud.clock.now() - Date.now() })
  const written = async () =>
    (await later.send(new ListObjectsV2Command({ Bucket: 'clarity-logs', Prefix: 's3/' }))).Contents ?? []
  await expect.poll(written, { interval: 5 }).toHaveLength(1)
  const [{ Key } = {}] = await written()
  const log = await later.send(new GetObjectCommand({ Bucket: 'clarity-logs', Key }))
  const lines = (await log.Body?.transformToString())?.trim().split('\n') ?? []
  expect(lines).toHaveLength(3)
  // a line is written when its answer has gone out, which the next request does not wait for
  const answered = `${Bucket} \\[.*\\] 127.0.0.1 arn:aws:iam::${ACCOUNT}:user/local-operator .* REST.GET.GET_OBJECT a "GET /${Bucket}/a\\?x-id=GetObject HTTP/1.1" 200 - 1`
  expect(lines).toContainEqual(expect.stringMatching(new RegExp(answered)))
  expect(lines).toContainEqual(expect.stringContaining(' 404 NoSuchKey '))
})
