import type { Need } from './needs.ts'

/**
 * What IAM asks for an operation of S3, whose actions often have other names than the operations.
 * Source: "Required permissions for Amazon S3 API operations", S3 User Guide.
 */
export function s3Needs(operation: string, input: Record<string, unknown>): Need[] {
  const { Bucket, Key, VersionId, CopySource } = input
  const bucket = `arn:aws:s3:::${Bucket ?? ''}`
  const object = (key: unknown) => `${bucket}/${key ?? ''}`
  if (operation === 'ListBuckets') return [{ action: 's3:ListAllMyBuckets', resource: '*' }]
  if (operation === 'DeleteObjects') {
    const { Objects = [] } = (input.Delete ?? {}) as { Objects?: { Key?: string; VersionId?: string }[] }
    return Objects.map(one => ({
      action: one.VersionId ? 's3:DeleteObjectVersion' : 's3:DeleteObject',
      resource: object(one.Key),
    }))
  }
  const action = `s3:${named(operation, VersionId !== undefined)}`
  const needs = [{ action, resource: Key === undefined ? bucket : object(Key) }]
  if (typeof CopySource === 'string') needs.push(sourceNeed(CopySource))
  if (input.Tagging !== undefined && action === 's3:PutObject')
    needs.push({ action: 's3:PutObjectTagging', resource: object(Key) })
  return needs
}

function named(operation: string, versioned: boolean): string {
  const name = NAMES[operation] ?? operation
  return versioned && VERSIONED.has(name) ? name.replace('Object', 'ObjectVersion') : name
}

const VERSIONED = new Set([
  'GetObject',
  'DeleteObject',
  'GetObjectTagging',
  'PutObjectTagging',
  'DeleteObjectTagging',
])

const NAMES: Record<string, string> = {
  HeadObject: 'GetObject',
  CopyObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  UploadPartCopy: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  ListParts: 'ListMultipartUploadParts',
  HeadBucket: 'ListBucket',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  DeleteBucketEncryption: 'PutEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  DeleteBucketLifecycle: 'PutLifecycleConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeleteBucketOwnershipControls: 'PutBucketOwnershipControls',
  DeleteBucketTagging: 'PutBucketTagging',
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
}

/** `/bucket/key?versionId=…`, its key encoded. */
function sourceNeed(source: string): Need {
  const [path = '', version] = source.replace(/^\//, '').split('?versionId=')
  let plain = path
  try {
    plain = decodeURIComponent(path)
  } catch {
    // S3 itself refuses it
  }
  return { action: version ? 's3:GetObjectVersion' : 's3:GetObject', resource: `arn:aws:s3:::${plain}` }
}
