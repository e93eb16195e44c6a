import type {
  CreateBucketRequest,
  DeleteBucketRequest,
  GetBucketLocationOutput,
  HeadBucketRequest,
  ListBucketsOutput,
  ListBucketsRequest,
} from '@aws-sdk/client-s3'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { Blobs } from './blobs.ts'
import { checkBucketName } from './names.ts'
import type { Bucket, Records } from './records.ts'
import { refusals } from './s3-errors.ts'

/** Settings that a new bucket has on AWS since April 2023. */
const NEW_BUCKET = {
  publicAccessBlock: {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  },
  ownershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
}

/** @throws AwsError NoSuchBucket; AccessDenied when the bucket is expected to be another account's */
export function existingBucket(
  records: Records,
  accountId: string,
  input: { Bucket?: string; ExpectedBucketOwner?: string },
): Bucket {
  const name = input.Bucket ?? ''
  const bucket = records.buckets.get(name)
  if (!bucket) throw refusals.noSuchBucket(name)
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== accountId)
    throw refusals.accessDenied()
  return bucket
}

/** The account as S3 names owners: 64 hexadecimal digits. */
export function owner(accountId: string): { ID: string; DisplayName: string } {
  return { ID: accountId.padStart(64, '0'), DisplayName: 'local' }
}

/** Create, delete, find and list buckets. */
export function createBuckets(records: Records, blobs: Blobs, context: ServiceContext) {
  function createBucket(input: CreateBucketRequest): { Location: string; BucketArn: string } {
    const name = input.Bucket ?? ''
    checkBucketName(name)
    checkAcl(input.ACL)
    checkLocation(input.CreateBucketConfiguration?.LocationConstraint ?? '')
    const answer = { Location: `/${name}`, BucketArn: `arn:aws:s3:::${name}` }
    if (records.buckets.get(name)) {
      // North Virginia alone answers 200 to its owner, for old times' sake.
      if (context.region === 'us-east-1') return answer
      throw new AwsError(
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
        409,
        { BucketName: name },
      )
    }
    const objectLock = input.ObjectLockEnabledForBucket ?? false
    const ownership = input.ObjectOwnership && { Rules: [{ ObjectOwnership: input.ObjectOwnership }] }
    const tags = input.CreateBucketConfiguration?.Tags
    records.buckets.put(name, {
      name,
      createdMs: seconds(context.clock.now()),
      versioning: objectLock ? 'Enabled' : undefined,
      objectLock,
      tags: tags && Object.fromEntries(tags.map(tag => [tag.Key ?? '', tag.Value ?? ''])),
      settings: { ...NEW_BUCKET, ...(ownership && { ownershipControls: ownership }) },
    })
    return answer
  }

  function checkLocation(asked: string): void {
    const here = context.region === 'us-east-1' ? '' : context.region
    if (asked !== here && !(asked === 'us-east-1' && here === ''))
      throw new AwsError(
        'IllegalLocationConstraintException',
        `The ${asked || 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
      )
  }

  async function deleteBucket(input: DeleteBucketRequest): Promise<void> {
    const { name } = existingBucket(records, context.accountId, input)
    if (!records.isEmpty(name))
      throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409, {
        BucketName: name,
      })
    const uploads = records.uploads(name, '', Number.MAX_SAFE_INTEGER)
    const parts = uploads.flatMap(upload => records.parts(upload.uploadId))
    records.transaction(() => {
      for (const upload of uploads) records.removeUpload(upload)
      records.buckets.delete(name)
    })
    await blobs.remove(parts)
  }

  function headBucket(input: HeadBucketRequest): { BucketRegion: string; BucketArn: string } {
    const { name } = existingBucket(records, context.accountId, input)
    return { BucketRegion: context.region, BucketArn: `arn:aws:s3:::${name}` }
  }

  function getBucketLocation(input: HeadBucketRequest): GetBucketLocationOutput {
    existingBucket(records, context.accountId, input)
    return { LocationConstraint: context.region === 'us-east-1' ? undefined : (context.region as never) }
  }

  function listBuckets(input: ListBucketsRequest): ListBucketsOutput {
    const limit = input.MaxBuckets ?? 10_000
    const after = input.ContinuationToken ?? ''
    const found = records.buckets.list(input.Prefix ?? '').filter(bucket => bucket.name > after)
    const page = found.slice(0, limit)
    return {
      Owner: owner(context.accountId),
      Buckets: page.map(({ name, createdMs }) => ({
        Name: name,
        CreationDate: new Date(createdMs),
        BucketRegion: context.region,
        BucketArn: `arn:aws:s3:::${name}`,
      })),
      ContinuationToken: found.length > limit ? page.at(-1)?.name : undefined,
      Prefix: input.Prefix,
    }
  }

  return { createBucket, deleteBucket, headBucket, getBucketLocation, listBuckets }
}

/** With access control lists off, as they are in new buckets, S3 takes only those that change nothing. */
export function checkAcl(acl: string | undefined): void {
  if (acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control')
    throw new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs')
}

/** S3 keeps times in whole seconds. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}
