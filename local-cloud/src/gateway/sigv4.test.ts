import { request } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEc2 } from '../services/ec2/ec2.ts'
import { createKms } from '../services/kms/kms.ts'
import { createS3 } from '../services/s3/s3.ts'
import { createSqs } from '../services/sqs/sqs.ts'
import { createSts } from '../services/sts/sts.ts'
import { startTestCloud, type TestCloud } from '../testing.ts'
import { Sha256 } from '../testing-signed.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSts, createKms, createSqs, createEc2, createS3] })
})
afterAll(() => cloud.dispose())

interface Sent {
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  body: string
}
type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
type Spoil = (sent: Sent) => void

const WHO: Sent = {
  method: 'POST',
  path: '/',
  query: {},
  headers: {},
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
}
const FORM = 'application/x-www-form-urlencoded'
const KMS: Partial<Sent> = {
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.ListKeys' },
  body: '{}',
}

function signer(service: string, keys: Keys): SignatureV4 {
  return new SignatureV4({
    service,
    region: 'us-east-1',
    credentials: keys,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  })
}
function draft(what: Partial<Sent> = {}) {
  const { host, hostname, port } = new URL(cloud.endpoint)
  const sent = { ...WHO, ...what, headers: { 'content-type': FORM, ...what.headers, host } }
  return { ...sent, protocol: 'http:', hostname, port: Number(port) }
}

/** Signs in the headers by AWS's own signer, then changes what is sent. */
async function signed(
  service: string,
  options: { what?: Partial<Sent>; keys?: Keys; at?: number; spoil?: Spoil; unsigned?: string[] } = {},
) {
  const made = await signer(service, options.keys ?? cloud.client.credentials).sign(draft(options.what), {
    signingDate: new Date(cloud.clock.now() + (options.at ?? 0)),
    unsignableHeaders: new Set(options.unsigned),
  })
  const sent = { ...made, body: made.body as string, query: made.query as Record<string, string> }
  options.spoil?.(sent)
  return send(sent)
}

/** Signs in the query of a URL. */
async function presigned(
  service: string,
  options: { what?: Partial<Sent>; expiresIn?: number; at?: number; spoil?: Spoil; keys?: Keys } = {},
) {
  const what = {
    method: 'GET',
    body: '',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    ...options.what,
  }
  const made = await signer(service, options.keys ?? cloud.client.credentials).presign(draft(what), {
    expiresIn: options.expiresIn ?? 60,
    signingDate: new Date(cloud.clock.now() + (options.at ?? 0)),
    unsignableHeaders: new Set(['content-type']),
  })
  const sent = { ...made, body: '', query: made.query as Record<string, string> }
  options.spoil?.(sent)
  return send(sent)
}

function send({
  method,
  path,
  query,
  headers,
  body,
}: Sent): Promise<{ status: number; code: string; text: string }> {
  const search = new URLSearchParams(query).toString().replaceAll('+', '%20')
  return new Promise((resolve, reject) => {
    const going = request(
      `${cloud.endpoint}${path}${search && `?${search}`}`,
      { method, headers },
      response => {
        let text = ''
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => {
          const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? /"__type":"(.*?)"/.exec(text)?.[1] ?? ''
          resolve({ status: response.statusCode ?? 0, code, text })
        })
      },
    )
    going.on('error', reject).end(body)
  })
}

async function lent(seconds = 900): Promise<Keys> {
  const RoleArn = 'arn:aws:iam::124355672559:role/r'
  const input = { RoleArn, RoleSessionName: 'session', DurationSeconds: seconds }
  const { Credentials } = await cloud.invoke<{ Credentials: Record<string, string> }>(
    'sts',
    'AssumeRole',
    input,
    'test',
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

test('what is well signed is answered, in headers and in the query', async () => {
  expect(await signed('sts')).toMatchObject({ status: 200 })
  expect(await presigned('sts')).toMatchObject({ status: 200 })
  expect(await signed('sts', { keys: await lent() })).toMatchObject({ status: 200 })
  expect(await presigned('sts', { keys: await lent() })).toMatchObject({ status: 200 })
  expect(await signed('kms', { what: KMS })).toMatchObject({ status: 200 })
})

test.each<[string, Spoil]>([
  [
    'the body',
    sent => {
      sent.body += '&x=1'
    },
  ],
  [
    'the query',
    sent => {
      sent.query.x = '1'
    },
  ],
  [
    'a signed header',
    sent => {
      sent.headers['content-type'] = `${FORM}; charset=x`
    },
  ],
  [
    'the path',
    sent => {
      sent.path = '/other'
    },
  ],
  [
    'the method',
    sent => {
      sent.method = 'PUT'
    },
  ],
  [
    'the host',
    sent => {
      sent.headers.host = 'localhost:1'
    },
  ],
  [
    'the date',
    sent => {
      // another second, whichever it was signed in
      sent.headers['x-amz-date'] =
        sent.headers['x-amz-date']?.replace(/.Z$/, end => (end === '9Z' ? '8Z' : '9Z')) ?? ''
    },
  ],
  [
    'the scope',
    sent => {
      sent.headers.authorization = sent.headers.authorization?.replace('us-east-1', 'us-west-2') ?? ''
    },
  ],
  [
    'the signature',
    sent => {
      sent.headers.authorization = `${sent.headers.authorization?.slice(0, -4)}0000`
    },
  ],
  [
    'the claim that the body is unsigned',
    sent => {
      sent.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
    },
  ],
])('changing %s after signing is a mismatch', async (what, spoil) => {
  const answer = await signed('sts', { spoil })
  if (what.startsWith('the claim')) return expect(answer).toMatchObject({ status: 403 })
  expect(answer).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
})

test.each<[string, Spoil]>([
  [
    'a parameter',
    sent => {
      sent.query.Action = 'GetSessionToken'
    },
  ],
  [
    'the expiry',
    sent => {
      sent.query['X-Amz-Expires'] = '600'
    },
  ],
  [
    'the signature',
    sent => {
      sent.query['X-Amz-Signature'] = '0'.repeat(64)
    },
  ],
])('changing %s of a presigned URL is a mismatch', async (_, spoil) => {
  expect(await presigned('sts', { spoil })).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
})

test('a presigned URL ends, is not good ahead of its time, and lives a week at most', async () => {
  expect(await presigned('sts', { at: -61_000 })).toMatchObject({
    status: 403,
    text: expect.stringContaining('expired'),
  })
  expect(await presigned('sts', { at: 16 * 60_000 })).toMatchObject({ status: 403 })
  const long = (sent: Sent) => {
    sent.query['X-Amz-Expires'] = '604801'
  }
  expect(await presigned('sts', { spoil: long })).toMatchObject({ status: 400 })
})

test('an unsigned body is taken by S3 alone, and there too only where that is signed', async () => {
  const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
  const put = { method: 'PUT', path: '/b-unsigned', body: '', headers: unsigned }
  expect(await signed('s3', { what: put })).toMatchObject({ status: 200 })
  const object = { ...put, path: '/b-unsigned/k', body: 'x', headers: unsigned }
  expect(
    await signed('s3', {
      what: object,
      spoil: sent => {
        sent.body = 'y'
      },
    }),
  ).toMatchObject({
    status: 200,
  })
  const hashed = { ...object, headers: {} }
  expect(
    await signed('s3', {
      what: hashed,
      spoil: sent => {
        sent.body = 'y'
      },
    }),
  ).toMatchObject({
    status: 400,
  })
  const claim = (sent: Sent) => {
    sent.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
  }
  expect(await signed('s3', { what: hashed, spoil: claim })).toMatchObject({ status: 403 })
  const kms = { ...KMS, headers: { ...KMS.headers, ...unsigned } }
  expect(
    await signed('kms', {
      what: kms,
      spoil: sent => {
        sent.body = '{"Limit":1}'
      },
    }),
  ).toMatchObject({
    code: 'InvalidSignatureException',
  })
})

test('the host must be signed, and every x-amz header that S3 is sent', async () => {
  expect(await signed('sts', { unsigned: ['host'] })).toMatchObject({
    status: 403,
    code: 'SignatureDoesNotMatch',
  })
  const add = (sent: Sent) => {
    sent.headers['x-amz-meta-added'] = '1'
  }
  const put = { method: 'PUT', path: '/b-headers', body: '' }
  expect(await signed('s3', { what: put, spoil: add })).toMatchObject({ status: 403, code: 'AccessDenied' })
})

test('temporary keys need their own token, and end', async () => {
  const [keys, other] = [await lent(), await lent()]
  const { sessionToken: _, ...bare } = keys
  for (const wrong of [bare, { ...keys, sessionToken: other.sessionToken }])
    expect(await signed('sts', { keys: wrong })).toMatchObject({ status: 403, code: 'InvalidClientTokenId' })
  const own = { ...cloud.client.credentials, sessionToken: keys.sessionToken }
  expect(await signed('sts', { keys: own })).toMatchObject({ status: 403, code: 'InvalidClientTokenId' })
  cloud.clock.advance(901_000)
  expect(await signed('sts', { keys })).toMatchObject({ status: 403, code: 'ExpiredToken' })
  expect(await presigned('sts', { keys })).toMatchObject({ status: 403, code: 'ExpiredToken' })
})

/** What each protocol says: wrong secret, unknown key, 16 minutes of skew, expired token, no signature. */
test.each<[string, Partial<Sent> | undefined, string[]]>([
  [
    'sts',
    undefined,
    [
      '403 SignatureDoesNotMatch',
      '403 InvalidClientTokenId',
      '403 SignatureDoesNotMatch',
      '403 ExpiredToken',
    ],
  ],
  [
    'sqs',
    { body: 'Action=ListQueues' },
    [
      '403 SignatureDoesNotMatch',
      '403 InvalidClientTokenId',
      '403 SignatureDoesNotMatch',
      '403 ExpiredToken',
    ],
  ],
  [
    'ec2',
    { body: 'Action=DescribeVpcs' },
    ['403 SignatureDoesNotMatch', '401 AuthFailure', '400 RequestExpired', '400 RequestExpired'],
  ],
  [
    'kms',
    KMS,
    [
      '400 InvalidSignatureException',
      '400 UnrecognizedClientException',
      '400 InvalidSignatureException',
      '400 ExpiredTokenException',
    ],
  ],
  [
    's3',
    { method: 'GET', body: '' },
    ['403 SignatureDoesNotMatch', '403 InvalidAccessKeyId', '403 RequestTimeTooSkewed', '400 ExpiredToken'],
  ],
])('%s refuses in the words of its protocol', async (service, what, words) => {
  const { accessKeyId } = cloud.client.credentials
  const expired = await lent()
  cloud.clock.advance(901_000)
  const answers = [
    await signed(service, { what, keys: { accessKeyId, secretAccessKey: 'guessed' } }),
    await signed(service, { what, keys: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' } }),
    await signed(service, { what, at: -16 * 60_000 }),
    await signed(service, { what, keys: expired }),
  ]
  expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual(words)
})

test('what is not signed, or signed by halves, is refused', async () => {
  const bare = { ...WHO, headers: { 'content-type': FORM } }
  // without a signature nothing but a target names the service
  expect((await send({ ...bare, headers: { ...KMS.headers }, body: '{}' })).code).toBe(
    'MissingAuthenticationTokenException',
  )
  const undated = (sent: Sent) => {
    sent.headers['x-amz-date'] = 'yesterday'
  }
  expect(await signed('sts', { spoil: undated })).toMatchObject({ status: 400, code: 'IncompleteSignature' })
})
