import { AwsError } from '../../core/aws-error.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html @throws AwsError InvalidBucketName */
export function checkBucketName(name: string): void {
  const wellFormed = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..')
  const reserved =
    /^\d+\.\d+\.\d+\.\d+$/.test(name) ||
    /^(xn--|sthree-|amzn-s3-demo-)/.test(name) ||
    /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
  if (!wellFormed || reserved)
    throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name })
}

/** At most 1024 bytes, and none of the two characters that the store needs. @throws AwsError KeyTooLongError, InvalidArgument */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key)
  if (bytes > 1024)
    throw new AwsError('KeyTooLongError', 'Your key is too long', 400, { Size: bytes, MaxSizeAllowed: 1024 })
  if (key.includes('\u0000') || key.includes('\u0001'))
    throw new AwsError(
      'InvalidArgument',
      'the local cloud does not store keys with the characters U+0000 or U+0001',
    )
}
