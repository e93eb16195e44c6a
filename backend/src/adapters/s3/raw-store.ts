import type { Readable } from 'node:stream'
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'

/** Raw envelopes, as they came. What is stored is never changed. */
export interface RawStore {
  /** Stores a body once: where the key is taken, what is there stays. */
  putOnce(key: string, body: Buffer, contentType: string): Promise<void>
  /** Stores a stream of unknown length in parts; nothing remains of one that fails. */
  putStream(key: string, body: Readable, contentType: string): Promise<void>
  /** @throws NoSuchKey */
  get(key: string): Promise<Readable>
  remove(key: string): Promise<void>
}

/** Part of a multipart upload, in bytes; S3 takes 10,000 parts of at least 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024

export function createRawStore({ client, bucket }: { client: S3Client; bucket: string }): RawStore {
  return {
    putOnce: async (key, body, contentType) => {
      const input = { Bucket: bucket, Key: key, Body: body, ContentType: contentType, IfNoneMatch: '*' }
      try {
        await client.send(new PutObjectCommand(input))
      } catch (error) {
        if ((error as Error).name !== 'PreconditionFailed') throw error
      }
    },
    putStream: async (key, body, contentType) => {
      const params = { Bucket: bucket, Key: key, Body: body, ContentType: contentType }
      await new Upload({ client, params, partSize: PART_BYTES, queueSize: 2 }).done()
    },
    get: async key => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      return Body as Readable
    },
    remove: async key => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    },
  }
}
