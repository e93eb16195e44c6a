import { createHash, createHmac, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCloud } from '../../testing.ts'
import { s3Client, startS3 } from './testing.ts'

let cloud: TestCloud
let s3: S3Client
let Bucket: string
beforeAll(async () => {
  const started = await startS3()
  cloud = started.cloud
  s3 = started.s3
  Bucket = started.Bucket
})
afterAll(() => cloud.dispose())

const exists = (Key: string) =>
  s3.send(new GetObjectCommand({ Bucket, Key })).then(
    async ({ Body }) => Body?.transformToString(),
    () => undefined,
  )

test('presigned URLs write and read, until they are tampered with or expire', async () => {
  const signer = s3Client(cloud.client, { requestChecksumCalculation: 'WHEN_REQUIRED' })
  const put = await getSignedUrl(
    signer,
    new PutObjectCommand({ Bucket, Key: 'pre', ContentType: 'text/plain' }),
  )
  const written = await fetch(put, {
    method: 'PUT',
    body: 'signed ahead',
    headers: { 'content-type': 'text/plain' },
  })
  expect(written.status).toBe(200)
  const get = await getSignedUrl(
    signer,
    new GetObjectCommand({ Bucket, Key: 'pre', ResponseContentDisposition: 'attachment' }),
    { expiresIn: 60 },
  )
  const read = await fetch(get)
  expect([
    await read.text(),
    read.headers.get('content-disposition'),
    read.headers.get('content-type'),
  ]).toEqual(['signed ahead', 'attachment', 'text/plain'])
  const tampered = [
    get.replace('/pre?', '/other?'),
    get.replace(/.$/, '0'),
    get.replace('Expires=60', 'Expires=600'),
  ]
  for (const url of tampered) expect((await fetch(url)).status, url).toBe(403)
  expect((await fetch(get, { method: 'PUT', body: 'x' })).status).toBe(403)
  cloud.clock.advance(61_000)
  const late = await fetch(get)
  expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('expired')])
  expect(await exists('pre')).toBe('signed ahead')
})

test('takes the older signatures of the AWS command line 1, as strictly', async () => {
  const { accessKeyId, secretAccessKey } = cloud.client.credentials
  await cloud.invoke('s3', 'PutObject', { Bucket, Key: 'old', Body: 'older' }, 'test')
  const sign = (path: string, seconds: number, method = 'GET') => {
    const expires = Math.floor(cloud.clock.now() / 1000) + seconds
    const toSign = `${method}\n\n\n${expires}\n/${Bucket}${path}`
    const signature = createHmac('sha1', secretAccessKey).update(toSign).digest('base64')
    const query = new URLSearchParams({
      AWSAccessKeyId: accessKeyId,
      Signature: signature,
      Expires: String(expires),
    })
    return `${cloud.endpoint}/${Bucket}${path}?${query}`
  }
  expect(await (await fetch(sign('/old', 60))).text()).toBe('older')
  expect((await fetch(sign('/old', -1))).status).toBe(403)
  expect((await fetch(sign('/old', 60).replace('/old?', '/pre?'))).status).toBe(403)
  expect((await fetch(sign('/old', 60), { method: 'DELETE' })).status).toBe(403)
  expect((await fetch(sign('/old', 60).replace(/Expires=(\d+)/, 'Expires=9$1'))).status).toBe(403)
})

/** Sends an upload in signed chunks, as the AWS SDKs for Java and Go do; `spoil` changes what is sent. */
function putInChunks(
  Key: string,
  chunks: Buffer[],
  spoil: (framed: string, index: number) => string = framed => framed,
  trailer?: string,
): Promise<{ status: number; text: string }> {
  const { accessKeyId, secretAccessKey } = cloud.client.credentials
  const now = new Date(cloud.clock.now()).toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${now.slice(0, 8)}/us-east-1/s3/aws4_request`
  const hash = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const key = scope
    .split('/')
    .reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${secretAccessKey}`) as Buffer
  const { host } = new URL(cloud.endpoint)
  const payload = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? '-TRAILER' : ''}`
  const length = String(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  const headers: Record<string, string> = {
    'content-encoding': 'aws-chunked',
    host,
    'x-amz-content-sha256': payload,
    'x-amz-date': now,
    'x-amz-decoded-content-length': length,
    ...(trailer && { 'x-amz-trailer': 'x-amz-checksum-crc32' }),
  }
  const names = Object.keys(headers).sort()
  const canonical = [
    'PUT',
    `/${Bucket}/${Key}`,
    '',
    ...names.map(name => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    payload,
  ].join('\n')
  let signature = hmac(key, ['AWS4-HMAC-SHA256', now, scope, hash(canonical)].join('\n')).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  const next = (kind: string, ...hashes: string[]) => {
    signature = hmac(key, [`AWS4-HMAC-SHA256-${kind}`, now, scope, signature, ...hashes].join('\n')).toString(
      'hex',
    )
    return signature
  }
  let body = ''
  for (const [index, chunk] of [...chunks, Buffer.alloc(0)].entries()) {
    const head = `${chunk.length.toString(16)};chunk-signature=${next('PAYLOAD', hash(''), hash(chunk))}\r\n`
    const end = chunk.length > 0 || !trailer ? '\r\n' : ''
    body += spoil(`${head}${chunk.toString('latin1')}${end}`, index)
  }
  if (trailer)
    body += spoil(
      `${trailer}\r\nx-amz-trailer-signature:${next('TRAILER', hash(`${trailer}\n`))}\r\n\r\n`,
      -1,
    )
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body, 'latin1')
    const sent = request(
      `${cloud.endpoint}/${Bucket}/${Key}`,
      { method: 'PUT', headers: { ...headers, authorization, 'content-length': bytes.length } },
      response => {
        let text = ''
        response.on('data', more => {
          text += more
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    sent.on('error', reject)
    sent.end(bytes)
  })
}

test('verifies the chain of chunk signatures and the signed trailer', async () => {
  const chunks = [Buffer.from('x'.repeat(8192)), Buffer.from('y'.repeat(100))]
  expect(await putInChunks('chunks', chunks)).toMatchObject({ status: 200 })
  expect(await exists('chunks')).toBe(`${'x'.repeat(8192)}${'y'.repeat(100)}`)
  const crc = 'x-amz-checksum-crc32:y/Q5Jg=='
  expect(await putInChunks('trailer', [Buffer.from('123456789')], undefined, crc)).toMatchObject({
    status: 200,
  })
  const spoiled: [string, (framed: string, index: number) => string, string][] = [
    [
      'a byte',
      (framed, index) => (index === 1 ? framed.replace('yy', 'yz') : framed),
      'SignatureDoesNotMatch',
    ],
    ['the last chunk', (framed, index) => (index === 2 ? '' : framed), 'IncompleteBody'],
    [
      'a size',
      (framed, index) => (index === 0 ? framed.replace('2000;', '20;') : framed),
      'SignatureDoesNotMatch',
    ],
  ]
  for (const [what, spoil, code] of spoiled) {
    const { status, text } = await putInChunks('spoiled', chunks, spoil)
    expect([what, status >= 400, text]).toEqual([what, true, expect.stringContaining(code)])
  }
  const wrong = 'x-amz-checksum-crc32:AAAAAA=='
  expect(await putInChunks('spoiled', [Buffer.from('123456789')], undefined, wrong)).toMatchObject({
    text: expect.stringContaining('BadDigest'),
  })
  const forged = (framed: string, index: number) => (index === -1 ? framed.replace('y/Q5', 'AAAA') : framed)
  expect(await putInChunks('spoiled', [Buffer.from('123456789')], forged, crc)).toMatchObject({
    text: expect.stringContaining('SignatureDoesNotMatch'),
  })
  expect(await exists('spoiled')).toBeUndefined()
})

test('a client that breaks off leaves nothing', async () => {
  const url = await getSignedUrl(
    s3Client(cloud.client, { requestChecksumCalculation: 'WHEN_REQUIRED' }),
    new PutObjectCommand({ Bucket, Key: 'broken' }),
    { signingDate: new Date(cloud.clock.now()) },
  )
  const sent = request(url, { method: 'PUT', headers: { 'content-length': 1_000_000 } })
  const gone = new Promise(resolve => sent.on('error', resolve))
  await new Promise(resolve => sent.write(randomBytes(500_000), resolve))
  sent.destroy()
  await gone
  await expect.poll(() => exists('broken')).toBeUndefined()
})
