import type { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'

/** Raw envelopes, as they came. What is stored is never changed. */
export interface RawStore {
  /** Stores a body once: where the key is taken, what is there stays. */
  putOnce(key: string, body: Buffer, contentType: string): Promise<void>
  /** Stores a stream of unknown length in parts; nothing remains of one that fails. */
  putStream(key: string, body: Readable, contentType: string, more?: { encoding?: string }): Promise<void>
  /** @param start first byte wanted @param end last byte wanted @throws NoSuchKey */
  get(key: string, start?: number, end?: number): Promise<Readable>
  /** Bytes of an object; `undefined` where there is none. */
  size(key: string): Promise<number | undefined>
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
    putStream: async (key, body, contentType, { encoding } = {}) => {
      const params = { Bucket: bucket, Key: key, Body: body, ContentType: contentType }
      await new Upload({
        client,
        params: { ...params, ContentEncoding: encoding },
        partSize: PART_BYTES,
        queueSize: 2,
      }).done()
    },
    get: async (key, start = 0, end) => {
      const Range = start > 0 || end !== undefined ? `bytes=${start}-${end ?? ''}` : undefined
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range }))
      return Body as Readable
    },
    size: async key => {
      try {
        const { ContentLength = 0 } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
        return ContentLength
      } catch (error) {
        if ((error as Error).name === 'NotFound') return undefined
        throw error
      }
    },
    remove: async key => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    },
  }
}
