import type {
  GetBucketAclOutput,
  ObjectLockConfiguration,
  ServerSideEncryptionConfiguration,
  Tag,
  VersioningConfiguration,
} from '@aws-sdk/client-s3'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import { checkBucketPolicy } from './bucket-policy.ts'
import { checkAcl, existingBucket, owner } from './buckets.ts'
import type { Bucket, Encryption, Records } from './records.ts'
import { refusals } from './s3-errors.ts'

interface BucketInput {
  Bucket?: string
  ExpectedBucketOwner?: string
}

/** A setting that is kept as the SDK's document and answered as such. */
interface Setting {
  /** Its name in operations: `PutBucketEncryption`. */
  operation: string
  /** The member that holds the document. */
  member: string
  /** Name in the record. */
  key: string
  /** What reading answers when it was never put. */
  absent: AwsError | Record<string, unknown>
  deletable: boolean
  check?(document: never, records: Records): void
}

/** Bucket settings of one document each. */
export const SETTINGS: Setting[] = [
  {
    operation: 'BucketEncryption',
    member: 'ServerSideEncryptionConfiguration',
    key: 'encryption',
    // Since 2023 every bucket encrypts with S3's own keys unless told otherwise.
    absent: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
    },
    deletable: true,
    check: checkEncryption,
  },
  {
    operation: 'BucketLifecycleConfiguration',
    member: 'LifecycleConfiguration',
    key: 'lifecycle',
    absent: missing('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'),
    deletable: true,
    check: checkLifecycle,
  },
  {
    operation: 'PublicAccessBlock',
    member: 'PublicAccessBlockConfiguration',
    key: 'publicAccessBlock',
    absent: missing(
      'NoSuchPublicAccessBlockConfiguration',
      'The public access block configuration was not found',
    ),
    deletable: true,
  },
  {
    operation: 'BucketOwnershipControls',
    member: 'OwnershipControls',
    key: 'ownershipControls',
    absent: missing('OwnershipControlsNotFoundError', 'The bucket ownership controls were not found'),
    deletable: true,
    check: checkOwnership,
  },
  {
    operation: 'BucketLogging',
    member: 'BucketLoggingStatus',
    key: 'logging',
    absent: {},
    deletable: false,
    check: checkLogging,
  },
]

/** Reading and changing what a bucket is set to. */
export function createBucketSettings(records: Records, accountId: string) {
  const find = (input: BucketInput) => existingBucket(records, accountId, input)
  const change = (input: BucketInput, apply: (bucket: Bucket) => void) => {
    const bucket = find(input)
    apply(bucket)
    records.buckets.put(bucket.name, bucket)
  }

  function documents(
    setting: Setting,
  ): Record<string, (input: BucketInput & Record<string, unknown>) => unknown> {
    const { operation, member, key, absent } = setting
    const flat = operation === 'BucketLifecycleConfiguration' || operation === 'BucketLogging'
    return {
      [`Get${operation}`]: input => {
        const document = find(input).settings[key] ?? absent
        if (document instanceof AwsError) throw document
        return flat ? document : { [member]: document }
      },
      [`Put${operation}`]: input => {
        const document = input[member]
        if (typeof document !== 'object' || document === null)
          throw refusals.malformedXml(`${member} is missing`)
        setting.check?.(document as never, records)
        change(input, bucket => {
          bucket.settings[key] = document
        })
        return {}
      },
      ...(setting.deletable && {
        [`Delete${DELETE_NAMES[operation] ?? operation}`]: (input: BucketInput) =>
          change(input, bucket => {
            delete bucket.settings[key]
          }),
      }),
    }
  }

  return {
    ...Object.assign({}, ...SETTINGS.map(documents)),

    GetBucketVersioning: (input: BucketInput) => ({ Status: find(input).versioning }),
    PutBucketVersioning: (input: BucketInput & { VersioningConfiguration?: VersioningConfiguration }) => {
      const {
        Status,
        MFADelete,
        MfaDelete = MFADelete,
      } = (input.VersioningConfiguration ?? {}) as VersioningConfiguration & {
        MfaDelete?: string
      }
      if (Status !== 'Enabled' && Status !== 'Suspended')
        throw new AwsError(
          'IllegalVersioningConfigurationException',
          'The Versioning element must be specified: Status must be Enabled or Suspended',
        )
      if (MfaDelete === 'Enabled') throw notImplemented('s3', 'PutBucketVersioning with MfaDelete')
      change(input, bucket => {
        if (bucket.objectLock && Status === 'Suspended')
          throw new AwsError(
            'InvalidBucketState',
            'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
            409,
          )
        bucket.versioning = Status
      })
    },

    GetBucketPolicy: (input: BucketInput) => {
      const { name, settings } = find(input)
      if (settings.policy === undefined)
        throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404, {
          BucketName: name,
        })
      return { Policy: settings.policy }
    },
    PutBucketPolicy: (input: BucketInput & { Policy?: string }) => {
      const policy = input.Policy ?? ''
      change(input, bucket => {
        checkBucketPolicy(bucket, policy)
        bucket.settings.policy = policy
      })
    },
    DeleteBucketPolicy: (input: BucketInput) =>
      change(input, bucket => {
        delete bucket.settings.policy
      }),

    GetBucketTagging: (input: BucketInput) => {
      const { tags } = find(input)
      if (!tags || Object.keys(tags).length === 0) throw missing('NoSuchTagSet', 'The TagSet does not exist')
      return { TagSet: tagSet(tags) }
    },
    PutBucketTagging: (input: BucketInput & { Tagging?: { TagSet?: Tag[] } }) => {
      const tags = readTags(input.Tagging?.TagSet, 50)
      change(input, bucket => {
        bucket.tags = tags
      })
    },
    DeleteBucketTagging: (input: BucketInput) =>
      change(input, bucket => {
        bucket.tags = undefined
      }),

    GetObjectLockConfiguration: (input: BucketInput) => {
      const { objectLock, settings } = find(input)
      if (!objectLock)
        throw missing(
          'ObjectLockConfigurationNotFoundError',
          'Object Lock configuration does not exist for this bucket',
        )
      return { ObjectLockConfiguration: settings.objectLock ?? { ObjectLockEnabled: 'Enabled' } }
    },
    PutObjectLockConfiguration: (
      input: BucketInput & { ObjectLockConfiguration?: ObjectLockConfiguration },
    ) => {
      const document = input.ObjectLockConfiguration
      checkObjectLock(document)
      change(input, bucket => {
        if (bucket.versioning !== 'Enabled')
          throw new AwsError(
            'InvalidBucketState',
            'Versioning must be Enabled on the bucket to apply a Object Lock configuration',
            409,
          )
        bucket.objectLock = true
        bucket.settings.objectLock = document
      })
    },

    GetBucketAcl: (input: BucketInput): GetBucketAclOutput => {
      find(input)
      const Owner = owner(accountId)
      return { Owner, Grants: [{ Grantee: { ...Owner, Type: 'CanonicalUser' }, Permission: 'FULL_CONTROL' }] }
    },
    PutBucketAcl: (input: BucketInput & { ACL?: string }) => {
      find(input)
      checkAcl(input.ACL)
    },
  }
}

const DELETE_NAMES: Record<string, string> = { BucketLifecycleConfiguration: 'BucketLifecycle' }

/** How the objects of a bucket are encrypted unless a request says otherwise. */
export function defaultEncryption(bucket: Bucket): Encryption {
  const document = bucket.settings.encryption as ServerSideEncryptionConfiguration | undefined
  const rule = document?.Rules?.[0]
  return {
    algorithm: rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'AES256',
    keyId: rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID,
    bucketKey: rule?.BucketKeyEnabled,
  }
}

/** @throws AwsError InvalidTag, BadRequest */
export function readTags(tags: Tag[] | undefined, most: number): Record<string, string> {
  const result: Record<string, string> = {}
  for (const { Key = '', Value = '' } of tags ?? []) {
    if (Key.length < 1 || Key.length > 128 || Value.length > 256 || Key.startsWith('aws:'))
      throw new AwsError('InvalidTag', `The tag '${Key}' is not valid`)
    if (Object.hasOwn(result, Key))
      throw new AwsError('InvalidTag', 'Cannot provide multiple Tags with the same key')
    result[Key] = Value
  }
  if (Object.keys(result).length > most)
    throw new AwsError('BadRequest', `Object tags cannot be greater than ${most}`)
  return result
}

export function tagSet(tags: Record<string, string>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

function missing(code: string, message: string): AwsError {
  return new AwsError(code, message, 404)
}

function checkEncryption(document: ServerSideEncryptionConfiguration): void {
  const algorithm = document.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm
  if (document.Rules?.length !== 1) throw refusals.malformedXml('exactly one Rule is expected')
  if (algorithm !== undefined && !['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm))
    throw refusals.malformedXml(`SSEAlgorithm '${algorithm}' is not one of AES256, aws:kms, aws:kms:dsse`)
}

function checkLifecycle(document: { Rules?: { ID?: string; Status?: string }[] }): void {
  if (!document.Rules?.length) throw refusals.malformedXml('at least one Rule is expected')
  for (const { ID, Status } of document.Rules)
    if (Status !== 'Enabled' && Status !== 'Disabled')
      throw refusals.malformedXml(`the Status of rule '${ID ?? ''}' must be Enabled or Disabled`)
}

function checkLogging(
  { LoggingEnabled: asked }: { LoggingEnabled?: { TargetBucket?: string } },
  records: Records,
): void {
  if (asked && !records.buckets.get(asked.TargetBucket ?? ''))
    throw new AwsError(
      'InvalidTargetBucketForLogging',
      'The target bucket for logging does not exist, is not owned by you, or does not have the appropriate grants for the log-delivery group.',
      400,
      { TargetBucket: asked.TargetBucket },
    )
}

function checkOwnership(document: { Rules?: { ObjectOwnership?: string }[] }): void {
  const ownership = document.Rules?.[0]?.ObjectOwnership ?? ''
  if (ownership === 'ObjectWriter' || ownership === 'BucketOwnerPreferred')
    throw notImplemented('s3', `access control lists (ObjectOwnership ${ownership})`)
  if (ownership !== 'BucketOwnerEnforced')
    throw refusals.malformedXml(`ObjectOwnership '${ownership}' is unknown`)
}

function checkObjectLock(document: ObjectLockConfiguration | undefined): void {
  if (document?.ObjectLockEnabled !== 'Enabled')
    throw refusals.malformedXml('ObjectLockEnabled must be Enabled')
  const retention = document.Rule?.DefaultRetention
  if (!retention) return
  const { Mode, Days, Years } = retention
  if (Mode !== 'GOVERNANCE' && Mode !== 'COMPLIANCE') throw refusals.malformedXml(`Mode '${Mode}' is unknown`)
  if ((Days === undefined) === (Years === undefined))
    throw refusals.malformedXml('either Days or Years is expected')
  if ((Days ?? Years ?? 0) < 1)
    throw refusals.invalidArgument('Default retention period must be a positive integer value')
}
