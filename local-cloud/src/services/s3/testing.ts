import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createS3 } from './s3.ts'

/** A cloud with S3 alone, a client of it, and a bucket. */
export async function startS3(
  state?: string,
): Promise<{ cloud: TestCloud; s3: S3Client; Bucket: string; log: string[] }> {
  const log: string[] = []
  const cloud = await startTestCloud({
    services: [createS3],
    state,
    log: (service, message, fields) => void log.push(`${service} ${message} ${JSON.stringify(fields ?? {})}`),
  })
  const s3 = s3Client(cloud.client)
  const Bucket = 'clarity-raw-data'
  await s3.send(new CreateBucketCommand({ Bucket }))
  return { cloud, s3, Bucket, log }
}

export function s3Client(client: TestCloud['client'], extra: object = {}): S3Client {
  return new S3Client({ ...client, forcePathStyle: true, ...extra })
}
