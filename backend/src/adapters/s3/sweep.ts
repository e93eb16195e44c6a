import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'

/** Goes over many objects of the bucket at once. */
export interface ObjectSweep {
  /** Keys below a prefix, in order. */
  keys(prefix: string): AsyncGenerator<string>
  /** The folders directly below a prefix, without it and without their slash. */
  folders(prefix: string): AsyncGenerator<string>
  /** Removes every version and delete marker below a prefix for good. @returns how many there were */
  removeVersions(prefix: string): Promise<number>
  /** Aborts what is being uploaded in parts below a prefix. @returns how many there were */
  abortUploads(prefix: string): Promise<number>
}

export function createObjectSweep(deps: { client: S3Client; bucket: string }): ObjectSweep {
  const { client, bucket: Bucket } = deps

  async function* pages(Prefix: string, Delimiter?: string): AsyncGenerator<ListObjectsV2CommandOutput> {
    let ContinuationToken: string | undefined
    do {
      const page: ListObjectsV2CommandOutput = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix, Delimiter, ContinuationToken }),
      )
      yield page
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (ContinuationToken)
  }

  return {
    async *keys(prefix) {
      for await (const page of pages(prefix)) for (const { Key } of page.Contents ?? []) if (Key) yield Key
    },
    async *folders(prefix) {
      for await (const page of pages(prefix, '/'))
        for (const { Prefix = '' } of page.CommonPrefixes ?? []) yield Prefix.slice(prefix.length, -1)
    },
    removeVersions: async Prefix => {
      let removed = 0
      for (;;) {
        // Always from the start: what was listed is gone by then.
        const page: ListObjectVersionsCommandOutput = await client.send(
          new ListObjectVersionsCommand({ Bucket, Prefix }),
        )
        const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(
          ({ Key, VersionId }) => ({ Key, VersionId }),
        )
        if (Objects.length === 0) return removed
        const { Errors = [] } = await client.send(
          new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
        )
        if (Errors.length > 0)
          throw new Error(`${Errors.length} object versions could not be removed: ${Errors[0]?.Code}`)
        removed += Objects.length
      }
    },
    abortUploads: async Prefix => {
      let aborted = 0
      for (;;) {
        const page: ListMultipartUploadsCommandOutput = await client.send(
          new ListMultipartUploadsCommand({ Bucket, Prefix }),
        )
        const uploads = page.Uploads ?? []
        if (uploads.length === 0) return aborted
        for (const { Key, UploadId } of uploads)
          await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
        aborted += uploads.length
      }
    },
  }
}
