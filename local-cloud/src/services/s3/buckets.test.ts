import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketLoggingCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCloud } from '../../testing.ts'
import { s3Client, startS3 } from './testing.ts'

let cloud: TestCloud
let s3: S3Client
let Bucket: string
beforeAll(async () => {
  const started = await startS3()
  cloud = started.cloud
  s3 = started.s3
  Bucket = started.Bucket
})
afterAll(() => cloud.dispose())

test('creates, finds, lists and deletes buckets', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'another-bucket' }))
  await s3.send(new CreateBucketCommand({ Bucket: 'another-bucket' }))
  expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-east-1')
  const { Buckets } = await s3.send(new ListBucketsCommand())
  expect(Buckets?.map(bucket => bucket.Name)).toEqual(['another-bucket', Bucket])
  expect((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeUndefined()
  expect((await s3.send(new GetBucketAclCommand({ Bucket }))).Grants?.[0]?.Permission).toBe('FULL_CONTROL')
  await s3.send(new DeleteBucketCommand({ Bucket: 'another-bucket' }))
  await expect(s3.send(new HeadBucketCommand({ Bucket: 'another-bucket' }))).rejects.toMatchObject({
    name: 'NotFound',
  })
  await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' }))
  await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'BucketNotEmpty' })
  await expect(
    s3.send(new PutObjectCommand({ Bucket: 'no-such-bucket', Key: 'x', Body: 'x' })),
  ).rejects.toMatchObject({ name: 'NoSuchBucket' })
  await expect(
    s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: '111122223333' })),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
})

test.each(['ab', 'Upper', 'dot..dot', '-dash', '10.0.0.1', 'under_score', 'xn--x'])(
  'refuses the name %s',
  async name => {
    await expect(s3.send(new CreateBucketCommand({ Bucket: name }))).rejects.toMatchObject({
      name: 'InvalidBucketName',
    })
  },
)

test('gives a new bucket what AWS gives it', async () => {
  expect((await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration).toEqual(
    {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
  )
  const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))
  expect(OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }])
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined()
  for (const [command, name] of [
    [new GetBucketPolicyCommand({ Bucket }), 'NoSuchBucketPolicy'],
    [new GetBucketLifecycleConfigurationCommand({ Bucket }), 'NoSuchLifecycleConfiguration'],
    [new GetBucketTaggingCommand({ Bucket }), 'NoSuchTagSet'],
  ] as const)
    await expect(s3.send(command as GetBucketPolicyCommand)).rejects.toMatchObject({ name })
})

test('keeps every setting over a restart, and forgets it when told', async () => {
  const LifecycleConfiguration = {
    Rules: [
      {
        ID: 'tier',
        Status: 'Enabled' as const,
        Filter: { And: { Prefix: 'raw/', Tags: [{ Key: 'phi', Value: 'yes' }] } },
        Transitions: [{ Days: 30, StorageClass: 'STANDARD_IA' as const }],
        NoncurrentVersionExpiration: { NoncurrentDays: 90 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
      { ID: 'end', Status: 'Disabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 2555 } },
    ],
  }
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  })
  const ServerSideEncryptionConfiguration = {
    Rules: [
      {
        ApplyServerSideEncryptionByDefault: {
          SSEAlgorithm: 'aws:kms' as const,
          KMSMasterKeyID: 'arn:aws:kms:key',
        },
        BucketKeyEnabled: true,
      },
    ],
  }
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }))
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }))
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'phi', Value: 'yes' }] } }))
  await s3.send(
    new PutBucketLoggingCommand({
      Bucket,
      BucketLoggingStatus: { LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: 's3/' } },
    }),
  )
  await s3.send(
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } }),
  )
  await cloud.stop()
  const again = await startS3(cloud.state)
  cloud = again.cloud
  s3 = again.s3
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled')
  expect((await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toEqual(
    LifecycleConfiguration.Rules,
  )
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy)
  expect(
    (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration,
  ).toEqual(ServerSideEncryptionConfiguration)
  expect((await s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled).toEqual({
    TargetBucket: Bucket,
    TargetPrefix: 's3/',
  })
  const put = await s3.send(new PutObjectCommand({ Bucket, Key: 'kms', Body: 'x' }))
  expect(put).toMatchObject({
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: 'arn:aws:kms:key',
    BucketKeyEnabled: true,
  })
  const own = await s3.send(
    new PutObjectCommand({ Bucket, Key: 'own', Body: 'x', ServerSideEncryption: 'AES256' }),
  )
  expect(own.ServerSideEncryption).toBe('AES256')
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'kms' }))).ServerSideEncryption).toBe('aws:kms')
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }))
  await s3.send(new DeleteBucketLifecycleCommand({ Bucket }))
  await s3.send(new DeleteBucketEncryptionCommand({ Bucket }))
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
  await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
    name: 'NoSuchBucketPolicy',
  })
  await expect(s3.send(new GetPublicAccessBlockCommand({ Bucket }))).rejects.toMatchObject({
    name: 'NoSuchPublicAccessBlockConfiguration',
  })
})

test('answers 501 by name to what it does not do, and never takes it for something else', async () => {
  const CORSConfiguration = { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }] }
  await expect(
    s3.send(new PutBucketCorsCommand({ Bucket: 'fresh', CORSConfiguration })),
  ).rejects.toMatchObject({
    name: 'NotImplemented',
    message: expect.stringContaining('cors'),
  })
  await expect(s3.send(new GetBucketCorsCommand({ Bucket }))).rejects.toMatchObject({
    name: 'NotImplemented',
  })
  await expect(s3.send(new HeadBucketCommand({ Bucket: 'fresh' }))).rejects.toMatchObject({
    name: 'NotFound',
  })
  await expect(
    s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x', WebsiteRedirectLocation: '/y' })),
  ).rejects.toMatchObject({ name: 'NotImplemented' })
  await expect(
    s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x', ACL: 'public-read' })),
  ).rejects.toMatchObject({ name: 'AccessControlListNotSupported' })
  await expect(
    s3.send(
      new PutBucketOwnershipControlsCommand({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
      }),
    ),
  ).rejects.toMatchObject({ name: 'NotImplemented' })
})

test('refuses whoever does not sign, and whoever signs wrongly', async () => {
  for (const [headers, status] of [
    [{}, 400],
    [
      {
        authorization: `AWS4-HMAC-SHA256 Credential=${cloud.key.accessKeyId}/20261124/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
        'x-amz-date': new Date(cloud.clock.now()).toISOString().replace(/[-:]|\.\d+/g, ''),
      },
      403,
    ],
  ] as const)
    expect(
      (await fetch(`${cloud.endpoint}/${Bucket}/%zz`, { headers: headers as Record<string, string> })).status,
    ).toBe(status)
  const anonymous = await fetch(`${cloud.endpoint}/${Bucket}/kms`)
  expect([anonymous.status, await anonymous.text()]).toEqual([403, expect.stringContaining('AccessDenied')])
  const stranger = s3Client(cloud.client, {
    credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' },
  })
  await expect(stranger.send(new ListBucketsCommand())).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  })
})
