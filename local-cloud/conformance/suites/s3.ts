import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('AmazonS3/latest/API/')
const GUIDE = '/AmazonS3/latest/userguide/'
const MINIMUM_PART = 5 * 1024 * 1024

/** S3: objects whole and in parts, versions, conditions, checksums, presigned URLs. */
export const s3: Suite = {
  service: 's3',
  cases: ({ config }) => {
    const client = new S3Client({ ...config, forcePathStyle: true })
    async function bucket(versioned = false): Promise<string> {
      const Bucket = freshName('bucket')
      await client.send(new CreateBucketCommand({ Bucket }))
      if (versioned)
        await client.send(
          new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
        )
      return Bucket
    }
    const put = (Bucket: string, Key: string, Body: PutObjectCommandInput['Body'] = 'x', more: object = {}) =>
      client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
    const get = (Bucket: string, Key: string, more: object = {}) =>
      client.send(new GetObjectCommand({ Bucket, Key, ...more }))
    const read = async (Bucket: string, Key: string, more: object = {}) =>
      (await get(Bucket, Key, more)).Body?.transformToString()
    const list = (Bucket: string, more: object = {}) =>
      client.send(new ListObjectsV2Command({ Bucket, ...more }))

    return [
      says('API_PutObject.html', 'an ETag is the MD5 of the body, and metadata comes back', async () => {
        const Bucket = await bucket()
        const { ETag } = await put(Bucket, 'a', 'body', { ContentType: 'text/plain', Metadata: { by: 'me' } })
        assert.equal(ETag, `"${createHash('md5').update('body').digest('hex')}"`)
        has(await client.send(new HeadObjectCommand({ Bucket, Key: 'a' })), {
          ContentLength: 4,
          ContentType: 'text/plain',
          Metadata: { by: 'me' },
        })
      }),
      says('API_GetObject.html', 'a key or bucket that does not exist is 404', async () => {
        const Bucket = await bucket()
        await refused(get(Bucket, 'none'), 'NoSuchKey', 404)
        await refused(get(freshName('none'), 'none'), 'NoSuchBucket', 404)
        await refused(client.send(new HeadBucketCommand({ Bucket: freshName('none') })), 'NotFound', 404)
      }),
      says('API_GetObject.html', 'a range is answered in part, one beyond the end not at all', async () => {
        const Bucket = await bucket()
        await put(Bucket, 'a', '0123456789')
        const part = await get(Bucket, 'a', { Range: 'bytes=2-4' })
        assert.equal(part.$metadata.httpStatusCode, 206)
        assert.equal(part.ContentRange, 'bytes 2-4/10')
        assert.equal(await part.Body?.transformToString(), '234')
        await refused(get(Bucket, 'a', { Range: 'bytes=10-' }), 'InvalidRange', 416)
      }),
      says('API_CreateBucket.html', 'a bucket’s name follows the rules', () =>
        refused(client.send(new CreateBucketCommand({ Bucket: 'No_Such.Name' })), 'InvalidBucketName', 400),
      ),
      says('API_DeleteBucket.html', 'a bucket with objects is not deleted', async () => {
        const Bucket = await bucket()
        await put(Bucket, 'a')
        await refused(client.send(new DeleteBucketCommand({ Bucket })), 'BucketNotEmpty', 409)
      }),
      says('API_ListObjectsV2.html', 'keys in UTF-8 order, in pages, folders by delimiter', async () => {
        const Bucket = await bucket()
        for (const key of ['b', 'a/1', 'a/2', 'c']) await put(Bucket, key)
        const first = await list(Bucket, { MaxKeys: 3 })
        assert.deepEqual(
          first.Contents?.map(({ Key }) => Key),
          ['a/1', 'a/2', 'b'],
        )
        const second = await list(Bucket, { MaxKeys: 3, ContinuationToken: first.NextContinuationToken })
        has(second, { KeyCount: 1, IsTruncated: false, Contents: [{ Key: 'c' }] })
        has(await list(Bucket, { Delimiter: '/' }), { KeyCount: 3, CommonPrefixes: [{ Prefix: 'a/' }] })
      }),
      says('API_DeleteObjects.html', 'deletes many; a key that is not there counts as deleted', async () => {
        const Bucket = await bucket()
        await put(Bucket, 'a')
        const Delete = { Objects: [{ Key: 'a' }, { Key: 'none' }] }
        const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete }))
        assert.deepEqual([Deleted?.length, Errors], [2, undefined])
        has(await list(Bucket), { KeyCount: 0 })
      }),
      says('API_CopyObject.html', 'a copy keeps its metadata unless told otherwise', async () => {
        const Bucket = await bucket()
        await put(Bucket, 'a', 'body', { Metadata: { by: 'me' } })
        await client.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` }))
        const copy = await get(Bucket, 'b')
        assert.equal(await copy.Body?.transformToString(), 'body')
        assert.deepEqual(copy.Metadata, { by: 'me' })
      }),
      says('API_GetObjectTagging.html', 'tags do not touch the body', async () => {
        const Bucket = await bucket()
        await put(Bucket, 'a', 'body', { Tagging: 'k=v' })
        const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'a' }))
        assert.deepEqual(TagSet, [{ Key: 'k', Value: 'v' }])
        assert.equal(await read(Bucket, 'a'), 'body')
      }),
      says(`${GUIDE}conditional-writes.html`, 'If-None-Match and If-Match guard a write', async () => {
        const Bucket = await bucket()
        const { ETag } = await put(Bucket, 'a', 'one', { IfNoneMatch: '*' })
        await refused(put(Bucket, 'a', 'two', { IfNoneMatch: '*' }), 'PreconditionFailed', 412)
        await put(Bucket, 'a', 'two', { IfMatch: ETag })
        await refused(put(Bucket, 'a', 'three', { IfMatch: ETag }), 'PreconditionFailed', 412)
        assert.equal(await read(Bucket, 'a'), 'two')
      }),
      says('API_GetObject.html', 'an object that did not change is 304', async () => {
        const Bucket = await bucket()
        const { ETag } = await put(Bucket, 'a')
        const answer = await get(Bucket, 'a', { IfNoneMatch: ETag }).catch(error => error)
        assert.equal(answer.$metadata.httpStatusCode, 304)
      }),
      says(
        `${GUIDE}checking-object-integrity-upload.html`,
        'a body that fails its checksum is not kept',
        async () => {
          const Bucket = await bucket()
          const wrong = put(Bucket, 'a', 'body', { ChecksumCRC32: 'AAAAAA==' })
          await refused(wrong, 'BadDigest', 400)
          await refused(get(Bucket, 'a'), 'NoSuchKey', 404)
        },
      ),
      says(
        `${GUIDE}checking-object-integrity-upload.html`,
        'a stored checksum is told when asked',
        async () => {
          const Bucket = await bucket()
          const { ChecksumSHA256 } = await put(Bucket, 'a', 'body', { ChecksumAlgorithm: 'SHA256' })
          assert.equal(ChecksumSHA256, createHash('sha256').update('body').digest('base64'))
          has(await get(Bucket, 'a', { ChecksumMode: 'ENABLED' }), { ChecksumSHA256 })
        },
      ),
      says(
        `${GUIDE}DeletingObjectVersions.html`,
        'a deletion in a versioned bucket hides, by a marker',
        async () => {
          const Bucket = await bucket(true)
          const { VersionId } = await put(Bucket, 'a', 'one')
          await put(Bucket, 'a', 'two')
          has(await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' })), { DeleteMarker: true })
          await refused(get(Bucket, 'a'), 'NoSuchKey', 404)
          assert.equal(await read(Bucket, 'a', { VersionId }), 'one')
          const all = await client.send(new ListObjectVersionsCommand({ Bucket }))
          assert.deepEqual([all.Versions?.length, all.DeleteMarkers?.length], [2, 1])
        },
      ),
      says(`${GUIDE}mpuoverview.html`, 'parts become one object, whose ETag counts them', async () => {
        const Bucket = await bucket()
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'big' }))
        const bodies = [Buffer.alloc(MINIMUM_PART, 1), Buffer.from('end')]
        const Parts: { ETag?: string; PartNumber: number }[] = []
        for (const [at, Body] of bodies.entries()) {
          const place = { Bucket, Key: 'big', UploadId, PartNumber: at + 1 }
          const { ETag } = await client.send(new UploadPartCommand({ ...place, Body }))
          Parts.push({ ETag, PartNumber: at + 1 })
        }
        const parts = await client.send(new ListPartsCommand({ Bucket, Key: 'big', UploadId, MaxParts: 1 }))
        has(parts, { IsTruncated: true, Parts: [{ PartNumber: 1, Size: MINIMUM_PART }] })
        const done = await client.send(
          new CompleteMultipartUploadCommand({ Bucket, Key: 'big', UploadId, MultipartUpload: { Parts } }),
        )
        assert.match(done.ETag ?? '', /-2"$/)
        has(await get(Bucket, 'big', { Range: 'bytes=-3' }), { ContentLength: 3 })
      }),
      says(
        'API_CompleteMultipartUpload.html',
        'a small part that is not the last, or a wrong one, fails',
        async () => {
          const Bucket = await bucket()
          const place = { Bucket, Key: 'big' }
          const { UploadId } = await client.send(new CreateMultipartUploadCommand(place))
          const part = async (PartNumber: number) => ({
            PartNumber,
            ETag: (await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: 'x' })))
              .ETag,
          })
          const complete = (Parts: object[]) =>
            client.send(
              new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }),
            )
          const parts = [await part(1), await part(2)]
          await refused(complete(parts), 'EntityTooSmall', 400)
          await refused(complete([{ PartNumber: 1, ETag: '"0"' }]), 'InvalidPart', 400)
          await client.send(new AbortMultipartUploadCommand({ ...place, UploadId }))
          await refused(complete(parts), 'NoSuchUpload', 404)
        },
      ),
      says('API_GetBucketLifecycleConfiguration.html', 'no lifecycle is an error of its own', async () => {
        const Bucket = await bucket()
        await refused(
          client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
          'NoSuchLifecycleConfiguration',
          404,
        )
      }),
      says(
        `${GUIDE}using-presigned-url.html`,
        'a presigned URL reads one object and cannot be bent',
        async () => {
          const Bucket = await bucket()
          await put(Bucket, 'a', 'mine')
          await put(Bucket, 'b', 'other')
          const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'a' }), {
            expiresIn: 60,
          })
          assert.equal(await (await fetch(url)).text(), 'mine')
          assert.equal((await fetch(url.replace('/a?', '/b?'))).status, 403)
          assert.equal((await fetch(url.replace('Expires=60', 'Expires=600'))).status, 403)
          const past = { expiresIn: 60, signingDate: new Date(Date.now() - 120_000) }
          assert.equal(
            (await fetch(await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'a' }), past)))
              .status,
            403,
          )
        },
      ),
    ]
  },
}
