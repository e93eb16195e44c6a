import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

/** Lets clients fetch objects from S3 themselves. */
export interface Downloads {
  /** A URL that gives an object, without any other credential, for so many seconds. */
  url(key: string, seconds: number): Promise<string>
}

export function createDownloads({ client, bucket }: { client: S3Client; bucket: string }): Downloads {
  return {
    url: (Key, expiresIn) =>
      getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key }), { expiresIn }),
  }
}
