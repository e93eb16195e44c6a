import { list, type StructShape } from './xml.ts'

const TAG: StructShape = { Key: 'text', Value: 'text' }
const TRANSITION: StructShape = { Date: 'date', Days: 'number', StorageClass: 'text' }
const OWNER: StructShape = { ID: 'text', DisplayName: 'text' }
const PREFIX: StructShape = { Prefix: 'text' }
const CHECKSUMS: StructShape = {
  ChecksumCRC32: 'text',
  ChecksumCRC32C: 'text',
  ChecksumCRC64NVME: 'text',
  ChecksumSHA1: 'text',
  ChecksumSHA256: 'text',
  ChecksumSHA512: 'text',
}
const OBJECT: StructShape = {
  Key: 'text',
  LastModified: 'date',
  ETag: 'text',
  ChecksumAlgorithm: list('ChecksumAlgorithm', 'text'),
  ChecksumType: 'text',
  Size: 'number',
  StorageClass: 'text',
  Owner: OWNER,
}
const VERSION: StructShape = { VersionId: 'text', IsLatest: 'boolean', ...OBJECT }

/** The documents of S3, by the name of their root. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Types.html */
export const SHAPES = {
  CreateBucketConfiguration: { LocationConstraint: 'text', Tags: list('Tag', TAG, true) },
  LocationConstraint: {},
  ListAllMyBucketsResult: {
    Owner: OWNER,
    Buckets: list(
      'Bucket',
      { Name: 'text', CreationDate: 'date', BucketRegion: 'text', BucketArn: 'text' },
      true,
    ),
    ContinuationToken: 'text',
    Prefix: 'text',
  },
  VersioningConfiguration: { Status: 'text', MfaDelete: 'text' },
  ServerSideEncryptionConfiguration: {
    Rules: list('Rule', {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'text', KMSMasterKeyID: 'text' },
      BucketKeyEnabled: 'boolean',
      BlockedEncryptionTypes: { EncryptionType: list('EncryptionType', 'text') },
    }),
  },
  LifecycleConfiguration: {
    Rules: list('Rule', {
      ID: 'text',
      Prefix: 'text',
      Filter: {
        Prefix: 'text',
        Tag: TAG,
        ObjectSizeGreaterThan: 'number',
        ObjectSizeLessThan: 'number',
        And: {
          Prefix: 'text',
          Tags: list('Tag', TAG),
          ObjectSizeGreaterThan: 'number',
          ObjectSizeLessThan: 'number',
        },
      },
      Status: 'text',
      Transitions: list('Transition', TRANSITION),
      NoncurrentVersionTransitions: list('NoncurrentVersionTransition', {
        NoncurrentDays: 'number',
        StorageClass: 'text',
        NewerNoncurrentVersions: 'number',
      }),
      Expiration: { Date: 'date', Days: 'number', ExpiredObjectDeleteMarker: 'boolean' },
      NoncurrentVersionExpiration: { NoncurrentDays: 'number', NewerNoncurrentVersions: 'number' },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 'number' },
    }),
  },
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: 'boolean',
    IgnorePublicAcls: 'boolean',
    BlockPublicPolicy: 'boolean',
    RestrictPublicBuckets: 'boolean',
  },
  Tagging: { TagSet: list('Tag', TAG, true) },
  BucketLoggingStatus: {
    LoggingEnabled: {
      TargetBucket: 'text',
      TargetPrefix: 'text',
      TargetObjectKeyFormat: {
        SimplePrefix: {},
        PartitionedPrefix: { PartitionDateSource: 'text' },
      },
    },
  },
  OwnershipControls: { Rules: list('Rule', { ObjectOwnership: 'text' }) },
  ObjectLockConfiguration: {
    ObjectLockEnabled: 'text',
    Rule: { DefaultRetention: { Mode: 'text', Days: 'number', Years: 'number' } },
  },
  Retention: { Mode: 'text', RetainUntilDate: 'date' },
  LegalHold: { Status: 'text' },
  AccessControlPolicy: {
    Owner: OWNER,
    AccessControlList: list('Grant', { Grantee: OWNER, Permission: 'text' }, true),
  },
  Delete: { Objects: list('Object', { Key: 'text', VersionId: 'text', ETag: 'text' }), Quiet: 'boolean' },
  DeleteResult: {
    Deleted: list('Deleted', {
      Key: 'text',
      VersionId: 'text',
      DeleteMarker: 'boolean',
      DeleteMarkerVersionId: 'text',
    }),
    Errors: list('Error', { Key: 'text', VersionId: 'text', Code: 'text', Message: 'text' }),
  },
  ListBucketResult: {
    Name: 'text',
    Prefix: 'text',
    Marker: 'text',
    NextMarker: 'text',
    StartAfter: 'text',
    ContinuationToken: 'text',
    NextContinuationToken: 'text',
    KeyCount: 'number',
    MaxKeys: 'number',
    Delimiter: 'text',
    EncodingType: 'text',
    IsTruncated: 'boolean',
    Contents: list('Contents', OBJECT),
    CommonPrefixes: list('CommonPrefixes', PREFIX),
  },
  ListVersionsResult: {
    Name: 'text',
    Prefix: 'text',
    KeyMarker: 'text',
    VersionIdMarker: 'text',
    NextKeyMarker: 'text',
    NextVersionIdMarker: 'text',
    MaxKeys: 'number',
    Delimiter: 'text',
    EncodingType: 'text',
    IsTruncated: 'boolean',
    Versions: list('Version', VERSION),
    DeleteMarkers: list('DeleteMarker', {
      Key: 'text',
      VersionId: 'text',
      IsLatest: 'boolean',
      LastModified: 'date',
      Owner: OWNER,
    }),
    CommonPrefixes: list('CommonPrefixes', PREFIX),
  },
  CopyObjectResult: { LastModified: 'date', ETag: 'text', ChecksumType: 'text', ...CHECKSUMS },
  CopyPartResult: { LastModified: 'date', ETag: 'text', ...CHECKSUMS },
  InitiateMultipartUploadResult: { Bucket: 'text', Key: 'text', UploadId: 'text' },
  CompleteMultipartUpload: {
    Parts: list('Part', { PartNumber: 'number', ETag: 'text', ...CHECKSUMS }),
  },
  CompleteMultipartUploadResult: {
    Location: 'text',
    Bucket: 'text',
    Key: 'text',
    ETag: 'text',
    ...CHECKSUMS,
    ChecksumType: 'text',
  },
  ListPartsResult: {
    Bucket: 'text',
    Key: 'text',
    UploadId: 'text',
    PartNumberMarker: 'text',
    NextPartNumberMarker: 'text',
    MaxParts: 'number',
    IsTruncated: 'boolean',
    Parts: list('Part', {
      PartNumber: 'number',
      LastModified: 'date',
      ETag: 'text',
      Size: 'number',
      ...CHECKSUMS,
    }),
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: 'text',
    ChecksumAlgorithm: 'text',
    ChecksumType: 'text',
  },
  ListMultipartUploadsResult: {
    Bucket: 'text',
    KeyMarker: 'text',
    UploadIdMarker: 'text',
    NextKeyMarker: 'text',
    NextUploadIdMarker: 'text',
    Prefix: 'text',
    Delimiter: 'text',
    EncodingType: 'text',
    MaxUploads: 'number',
    IsTruncated: 'boolean',
    Uploads: list('Upload', {
      Key: 'text',
      UploadId: 'text',
      Initiated: 'date',
      StorageClass: 'text',
      Owner: OWNER,
      Initiator: OWNER,
      ChecksumAlgorithm: 'text',
      ChecksumType: 'text',
    }),
    CommonPrefixes: list('CommonPrefixes', PREFIX),
  },
} satisfies Record<string, StructShape>

export type Root = keyof typeof SHAPES
