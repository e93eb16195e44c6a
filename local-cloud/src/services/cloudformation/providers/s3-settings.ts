import { defined, flag, type KeyValue, optionalNumber } from './values.ts'

type Data = Record<string, unknown>

export type BucketProperties = {
  BucketName?: string
  BucketEncryption?: { ServerSideEncryptionConfiguration?: Data[] }
  CorsConfiguration?: { CorsRules?: Data[] }
  LifecycleConfiguration?: { Rules?: Data[] }
  LoggingConfiguration?: { DestinationBucketName?: string; LogFilePrefix?: string }
  ObjectLockConfiguration?: Data
  ObjectLockEnabled?: unknown
  OwnershipControls?: { Rules?: Data[] }
  PublicAccessBlockConfiguration?: Data
  VersioningConfiguration?: { Status?: string }
  Tags?: KeyValue[]
}

/** One operation that sets a part of a bucket. `input` is undefined where the template says nothing of it. */
interface BucketSetting {
  put: string
  remove?: string
  input: object | undefined
}

/** What a bucket's properties are in the shapes of the S3 API, by operation. */
export function bucketSettings(properties: BucketProperties): Record<string, BucketSetting> {
  const { BucketEncryption, CorsConfiguration, LifecycleConfiguration, LoggingConfiguration, Tags } =
    properties
  const list: BucketSetting[] = [
    {
      put: 'PutPublicAccessBlock',
      remove: 'DeletePublicAccessBlock',
      input: properties.PublicAccessBlockConfiguration && {
        PublicAccessBlockConfiguration: Object.fromEntries(
          Object.entries(properties.PublicAccessBlockConfiguration).map(([name, value]) => [
            name,
            flag(value),
          ]),
        ),
      },
    },
    {
      put: 'PutBucketVersioning',
      input: properties.VersioningConfiguration && {
        VersioningConfiguration: properties.VersioningConfiguration,
      },
    },
    {
      put: 'PutBucketEncryption',
      remove: 'DeleteBucketEncryption',
      input: BucketEncryption && {
        ServerSideEncryptionConfiguration: {
          Rules: (BucketEncryption.ServerSideEncryptionConfiguration ?? []).map(rule => ({
            ApplyServerSideEncryptionByDefault: rule.ServerSideEncryptionByDefault,
            BucketKeyEnabled: flag(rule.BucketKeyEnabled),
          })),
        },
      },
    },
    {
      put: 'PutBucketOwnershipControls',
      remove: 'DeleteBucketOwnershipControls',
      input: properties.OwnershipControls && { OwnershipControls: properties.OwnershipControls },
    },
    {
      put: 'PutBucketLifecycleConfiguration',
      remove: 'DeleteBucketLifecycle',
      input: LifecycleConfiguration && {
        LifecycleConfiguration: { Rules: (LifecycleConfiguration.Rules ?? []).map(lifecycleRule) },
      },
    },
    {
      put: 'PutBucketCors',
      remove: 'DeleteBucketCors',
      input: CorsConfiguration && {
        CORSConfiguration: { CORSRules: (CorsConfiguration.CorsRules ?? []).map(corsRule) },
      },
    },
    {
      put: 'PutObjectLockConfiguration',
      input: properties.ObjectLockConfiguration && {
        ObjectLockConfiguration: properties.ObjectLockConfiguration,
      },
    },
    {
      put: 'PutBucketLogging',
      input: LoggingConfiguration && {
        BucketLoggingStatus: {
          LoggingEnabled: {
            TargetBucket: LoggingConfiguration.DestinationBucketName,
            TargetPrefix: LoggingConfiguration.LogFilePrefix ?? '',
          },
        },
      },
    },
    {
      put: 'PutBucketTagging',
      remove: 'DeleteBucketTagging',
      input: Tags && Tags.length > 0 ? { Tagging: { TagSet: Tags } } : undefined,
    },
  ]
  return Object.fromEntries(list.map(setting => [setting.put, setting]))
}

function lifecycleRule(rule: Data): object {
  const { Id, Status, Transitions, Transition, ExpirationInDays, ExpirationDate } = rule
  const transitions = [...((Transitions ?? []) as Data[]), ...(Transition ? [Transition as Data] : [])]
  const noncurrent = (rule.NoncurrentVersionTransitions ?? []) as Data[]
  const marker = rule.ExpiredObjectDeleteMarker
  return defined({
    ID: Id,
    Status,
    Filter: lifecycleFilter(rule),
    Transitions:
      transitions.length > 0
        ? transitions.map(one =>
            defined({
              Days: optionalNumber(one.TransitionInDays),
              Date: one.TransitionDate,
              StorageClass: one.StorageClass,
            }),
          )
        : undefined,
    Expiration:
      ExpirationInDays !== undefined || ExpirationDate !== undefined || marker !== undefined
        ? defined({
            Days: optionalNumber(ExpirationInDays),
            Date: ExpirationDate,
            ExpiredObjectDeleteMarker: marker === undefined ? undefined : flag(marker),
          })
        : undefined,
    NoncurrentVersionExpiration: numbers(rule.NoncurrentVersionExpiration),
    NoncurrentVersionTransitions:
      noncurrent.length > 0
        ? noncurrent.map(one =>
            defined({
              NoncurrentDays: optionalNumber(one.TransitionInDays),
              NewerNoncurrentVersions: optionalNumber(one.NewerNoncurrentVersions),
              StorageClass: one.StorageClass,
            }),
          )
        : undefined,
    AbortIncompleteMultipartUpload: numbers(rule.AbortIncompleteMultipartUpload),
  })
}

/** What a rule is about: its prefix, tags and sizes, in the one or the combined form of the API. */
function lifecycleFilter({ Prefix, TagFilters, ObjectSizeGreaterThan, ObjectSizeLessThan }: Data): object {
  const Tags = (TagFilters ?? []) as KeyValue[]
  const sizes = defined({
    ObjectSizeGreaterThan: optionalNumber(ObjectSizeGreaterThan),
    ObjectSizeLessThan: optionalNumber(ObjectSizeLessThan),
  })
  if (Tags.length === 0 && Object.keys(sizes).length === 0) return { Prefix: Prefix ?? '' }
  return { And: { Prefix: Prefix ?? '', ...sizes, ...(Tags.length > 0 ? { Tags } : {}) } }
}

function numbers(value: unknown): object | undefined {
  if (value === undefined) return undefined
  return Object.fromEntries(Object.entries(value as Data).map(([name, member]) => [name, Number(member)]))
}

function corsRule(rule: Data): object {
  const { Id, AllowedHeaders, AllowedMethods, AllowedOrigins, ExposedHeaders, MaxAge } = rule
  return defined({
    ID: Id,
    AllowedHeaders,
    AllowedMethods,
    AllowedOrigins,
    ExposeHeaders: ExposedHeaders,
    MaxAgeSeconds: optionalNumber(MaxAge),
  })
}
