/**
 * Calls about data, which CloudTrail records only for a trail that asks for them, and never in its event history
 * ("Logging data events" in its user guide); KMS's use of keys is among them here, for their number.
 */
const DATA: Record<string, RegExp> = {
  dynamodb: /Item|^Query$|^Scan$|^ExecuteStatement$|^ExecuteTransaction$|^GetRecords$|^GetShardIterator$/,
  s3: /^(Get|Put|Head|Delete|Copy|Restore|Select|List)Object(s|sV2|Versions|Attributes|Tagging|Acl|Retention|LegalHold)?$|Part|MultipartUpload/,
  sqs: /Message/,
  sns: /^Publish/,
  logs: /LogEvents$|^StartLiveTail$/,
  monitoring: /^(Put|Get)MetricData$|^GetMetricStatistics$|^ListMetrics$|^GetMetricWidgetImage$/,
  kms: /crypt|^GenerateDataKey|^GenerateRandom$|^Sign$|^Verify$|Mac$/,
  ecr: /Layer|^PutImage$|^BatchGetImage$/,
  gemini: /./,
}

/** Where CloudTrail's name of a call is not the API's ("Amazon S3 CloudTrail events"). */
const NAMES: Record<string, string> = {
  PutBucketLifecycleConfiguration: 'PutBucketLifecycle',
  GetBucketLifecycleConfiguration: 'GetBucketLifecycle',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'DeleteBucketPublicAccessBlock',
  PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  PutBucketNotificationConfiguration: 'PutBucketNotification',
}

/** Whether the event history tells of a call. */
export function isManagement(service: string, operation: string): boolean {
  return operation !== '' && !DATA[service]?.test(operation)
}

/** The name of a call as CloudTrail has it. */
export function eventNameOf(service: string, operation: string): string {
  return (service === 's3' ? NAMES[operation] : undefined) ?? operation
}

/** Whether a call changes nothing. */
export function isRead(operation: string): boolean {
  return /^(Get|List|Describe|Head|Lookup|Batch(Get|Check|Describe)|Simulate|Test|Validate|Estimate|Detect|Filter)/.test(
    operation,
  )
}
