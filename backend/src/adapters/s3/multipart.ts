import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type ListPartsCommandOutput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

/** A part that S3 has. */
export interface StoredPart {
  number: number
  etag: string
  size: number
}

/** Large bodies that clients send to S3 themselves, part by part, with URLs that are signed for it. */
export interface MultipartStore {
  /** @returns S3's id of the multipart upload */
  begin(key: string): Promise<string>
  /** A URL that takes one part, without any other credential, for so many seconds. */
  partUrl(key: string, s3UploadId: string, part: number, seconds: number): Promise<string>
  /** The parts that have come, in order; `undefined` where the upload is completed, aborted or was never begun. */
  parts(key: string, s3UploadId: string): Promise<StoredPart[] | undefined>
  complete(key: string, s3UploadId: string, parts: readonly StoredPart[]): Promise<void>
  abort(key: string, s3UploadId: string): Promise<void>
}

/** @param deps.signer a client that computes no checksums: it would sign that of an empty body */
export function createMultipartStore(deps: {
  client: S3Client
  signer: S3Client
  bucket: string
}): MultipartStore {
  const { client, signer, bucket: Bucket } = deps
  return {
    begin: async Key => {
      const input = { Bucket, Key, ContentType: 'application/octet-stream' }
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(input))
      if (!UploadId) throw new Error('S3 began a multipart upload without an id')
      return UploadId
    },
    partUrl: (Key, UploadId, PartNumber, expiresIn) =>
      getSignedUrl(signer, new UploadPartCommand({ Bucket, Key, UploadId, PartNumber }), { expiresIn }),
    parts: async (Key, UploadId) => {
      const found: StoredPart[] = []
      let PartNumberMarker: string | undefined
      try {
        do {
          const page: ListPartsCommandOutput = await client.send(
            new ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker }),
          )
          for (const { PartNumber = 0, ETag = '', Size = 0 } of page.Parts ?? [])
            found.push({ number: PartNumber, etag: ETag, size: Size })
          PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined
        } while (PartNumberMarker)
        return found
      } catch (error) {
        if ((error as Error).name === 'NoSuchUpload') return undefined
        throw error
      }
    },
    complete: async (Key, UploadId, parts) => {
      const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }))
      const input = { Bucket, Key, UploadId, MultipartUpload: { Parts } }
      await client.send(new CompleteMultipartUploadCommand(input))
    },
    abort: async (Key, UploadId) => {
      try {
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
      } catch (error) {
        if ((error as Error).name !== 'NoSuchUpload') throw error
      }
    },
  }
}
