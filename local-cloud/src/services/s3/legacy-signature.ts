import { createHmac, timingSafeEqual } from 'node:crypto'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext, VerifiedSignature } from '../../core/service.ts'
import { refusals } from './s3-errors.ts'

/** What of a query is signed: the sub-resources and the overrides of headers. */
const SIGNED_QUERY = new Set([
  'acl',
  'delete',
  'lifecycle',
  'location',
  'logging',
  'object-lock',
  'partNumber',
  'policy',
  'tagging',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
])

/**
 * Verifies a URL presigned with Signature Version 2, which version 1 of the AWS command line still makes; undefined
 * where a request has no such signature. https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 * @throws AwsError AccessDenied when expired, InvalidAccessKeyId, SignatureDoesNotMatch
 */
export function verifyLegacyUrl(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: Record<string, string | undefined>,
  { credentials, clock }: ServiceContext,
): VerifiedSignature | undefined {
  const id = query.get('AWSAccessKeyId')
  const signature = query.get('Signature')
  const expires = query.get('Expires')
  if (id === null || signature === null || expires === null) return undefined
  if (!(Number(expires) * 1000 > clock.now())) throw expired()
  const key = credentials.find(id)
  if (!key || key.sessionToken !== headers['x-amz-security-token'])
    throw new AwsError(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
      403,
    )
  if (key.expires !== undefined && key.expires < clock.now())
    throw new AwsError('ExpiredToken', 'The provided token has expired.', 400)
  const amazon = Object.keys(headers)
    .filter(name => name.startsWith('x-amz-'))
    .sort()
    .map(name => `${name}:${(headers[name] ?? '').trim()}\n`)
    .join('')
  const resource = [...query]
    .filter(([name]) => SIGNED_QUERY.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&')
  const toSign = [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    expires,
    `${amazon}${path}${resource && `?${resource}`}`,
  ].join('\n')
  const expected = createHmac('sha1', key.secretAccessKey).update(toSign).digest('base64')
  if (expected.length !== signature.length || !timingSafeEqual(Buffer.from(expected), Buffer.from(signature)))
    throw new AwsError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      403,
    )
  return { payloadHash: 'UNSIGNED-PAYLOAD', signature, signingKey: Buffer.alloc(0), scope: '', date: '' }
}

function expired(): AwsError {
  return Object.assign(refusals.accessDenied(), { message: 'Request has expired' })
}
