import { AwsError } from '../../core/aws-error.ts'

/** S3's refusals that several operations share, in its own words. */
export const refusals = {
  noSuchBucket: (bucket: string) =>
    new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: bucket }),
  noSuchKey: (key: string) =>
    new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key }),
  noSuchVersion: (key: string, versionId: string) =>
    new AwsError('NoSuchVersion', 'The specified version does not exist.', 404, {
      Key: key,
      VersionId: versionId,
    }),
  noSuchUpload: (uploadId: string) =>
    new AwsError(
      'NoSuchUpload',
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
      404,
      { UploadId: uploadId },
    ),
  preconditionFailed: (condition: string) =>
    new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
      Condition: condition,
    }),
  notModified: (etag: string) => new AwsError('NotModified', 'Not Modified', 304, { ETag: etag }),
  methodNotAllowed: (fields: Record<string, unknown> = {}) =>
    new AwsError(
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
      405,
      fields,
    ),
  locked: () => new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403),
  accessDenied: () => new AwsError('AccessDenied', 'Access Denied', 403),
  invalidArgument: (message: string) => new AwsError('InvalidArgument', message),
  invalidRequest: (message: string) => new AwsError('InvalidRequest', message),
  malformedXml: (reason: string) =>
    new AwsError(
      'MalformedXML',
      `The XML you provided was not well-formed or did not validate against our published schema: ${reason}`,
    ),
}
