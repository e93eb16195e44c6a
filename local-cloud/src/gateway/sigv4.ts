import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { AwsError } from '../core/aws-error.ts'
import type { Clock } from '../core/clock.ts'
import type { AccessKey, Credentials } from '../core/credentials.ts'
import type { VerifiedSignature } from '../core/service.ts'
import { SigningError } from './signing-errors.ts'

/** Furthest that a request's date may lie from ours, as on AWS. */
const SKEW_MS = 15 * 60_000
/** Longest life of a presigned URL, in seconds: seven days, as on AWS. */
const MAX_PRESIGN_SECONDS = 604_800

export interface Verified {
  key: AccessKey
  signature: VerifiedSignature
}

/** What the request says of its own signature, before any of it is believed. */
export interface Claim {
  accessKeyId: string
  /** The service named in the credential scope. */
  service: string
  scope: string
  region: string
  signedHeaders: string[]
  signature: string
  date: string
  presigned: boolean
  expiresSeconds?: number
  token?: string
}

/** Reads the `Authorization` header or the `X-Amz-*` query; undefined for an unsigned request. */
export function readClaim(request: IncomingMessage, url: URL): Claim | undefined {
  const header = request.headers.authorization
  if (header?.startsWith('AWS4-HMAC-SHA256')) {
    return claim(part(CREDENTIAL, header), part(SIGNED_HEADERS, header), part(SIGNATURE, header), {
      date: String(request.headers['x-amz-date'] ?? ''),
      presigned: false,
      token: request.headers['x-amz-security-token'] as string | undefined,
    })
  }
  if (url.searchParams.get('X-Amz-Algorithm') === 'AWS4-HMAC-SHA256') {
    const value = (name: string) => url.searchParams.get(name) ?? ''
    return claim(value('X-Amz-Credential'), value('X-Amz-SignedHeaders'), value('X-Amz-Signature'), {
      date: value('X-Amz-Date'),
      presigned: true,
      expiresSeconds: Number(value('X-Amz-Expires')),
      token: url.searchParams.get('X-Amz-Security-Token') ?? undefined,
    })
  }
  return undefined
}

const CREDENTIAL = /Credential=([^,\s]+)/
const SIGNED_HEADERS = /SignedHeaders=([^,\s]+)/
const SIGNATURE = /Signature=([^,\s]+)/

function part(pattern: RegExp, header: string): string {
  return pattern.exec(header)?.[1] ?? ''
}

function claim(
  credential: string,
  signedHeaders: string,
  signature: string,
  rest: Pick<Claim, 'date' | 'presigned' | 'expiresSeconds' | 'token'>,
): Claim {
  const [accessKeyId = '', ...scope] = credential.split('/')
  return {
    accessKeyId,
    scope: scope.join('/'),
    region: scope[1] ?? '',
    service: scope[2] ?? '',
    signedHeaders: signedHeaders.split(';'),
    signature,
    ...rest,
  }
}

/**
 * Verifies a Signature Version 4 request.
 * @param body the whole body where it was read; a streaming service verifies the declared hash itself
 * @throws SigningError where the key, its token, the date or the signature does not hold
 * @throws AwsError for what only S3 has: presigned URLs out of their time, headers that were not signed
 */
export function verify(
  request: IncomingMessage,
  url: URL,
  claimed: Claim,
  body: Buffer | undefined,
  credentials: Credentials,
  clock: Clock,
): Verified {
  const key = credentials.find(claimed.accessKeyId)
  if (!key) throw new SigningError('unknown-key', 'The security token included in the request is invalid.')
  if (key.sessionToken !== claimed.token)
    throw new SigningError('wrong-token', 'The security token included in the request is invalid.')
  if (key.expires !== undefined && key.expires < clock.now())
    throw new SigningError('expired-token', 'The security token included in the request is expired')
  checkDate(claimed, clock)
  checkSignedHeaders(request, claimed)

  const declared = request.headers['x-amz-content-sha256'] as string | undefined
  const payloadHash = hashToSign(claimed, declared, body)
  if (body && claimed.service === 's3' && /^[0-9a-f]{64}$/.test(payloadHash) && payloadHash !== sha256(body))
    throw refusal(
      'XAmzContentSHA256Mismatch',
      'the provided x-amz-content-sha256 does not match the body',
      400,
    )

  const canonical = canonicalRequest(request, url, claimed, payloadHash)
  const signingKey = signingKeyOf(credentials, key.secretAccessKey, claimed.scope)
  const toSign = ['AWS4-HMAC-SHA256', claimed.date, claimed.scope, sha256(canonical)].join('\n')
  const expected = createHmac('sha256', signingKey).update(toSign).digest('hex')
  if (!equal(expected, claimed.signature))
    throw new SigningError(
      'mismatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    )
  return {
    key,
    signature: {
      payloadHash,
      signature: claimed.signature,
      signingKey,
      scope: claimed.scope,
      date: claimed.date,
    },
  }
}

function checkDate(claimed: Claim, clock: Clock): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(claimed.date)
  if (!match)
    throw new SigningError('incomplete', `Date must look like 20261124T102345Z, got '${claimed.date}'`)
  const [, year, month, day, hour, minute, second] = match
  const signed = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (claimed.scope !== `${year}${month}${day}/${claimed.region}/${claimed.service}/aws4_request`)
    throw new SigningError(
      'mismatch',
      `Credential should be scoped to <date>/<region>/<service>/aws4_request of the request's date, got '${claimed.scope}'`,
    )
  if (!claimed.presigned) {
    const late = clock.now() - signed
    const now = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '')
    if (late > SKEW_MS)
      throw new SigningError(
        'skewed',
        `Signature expired: ${claimed.date} is now earlier than ${now} - 15 min.`,
      )
    if (late < -SKEW_MS)
      throw new SigningError(
        'skewed',
        `Signature not yet current: ${claimed.date} is still later than ${now} + 15 min.`,
      )
    return
  }
  const seconds = claimed.expiresSeconds ?? Number.NaN
  if (!(seconds >= 1 && seconds <= MAX_PRESIGN_SECONDS))
    throw refusal(
      'AuthorizationQueryParametersError',
      'X-Amz-Expires must be between 1 and 604800 seconds',
      400,
    )
  if (signed - clock.now() > SKEW_MS) throw refusal('AccessDenied', 'request is not valid yet')
  if (clock.now() > signed + seconds * 1000) throw refusal('AccessDenied', 'request has expired')
}

/**
 * The hash of the body that the signature is over: S3 alone takes the client's word (`UNSIGNED-PAYLOAD`, chunks)
 * and verifies the bytes as they come; everywhere else the body is here, and its own hash counts.
 */
function hashToSign(claimed: Claim, declared: string | undefined, body: Buffer | undefined): string {
  if (body !== undefined && claimed.service !== 's3') return sha256(body)
  return declared ?? (claimed.presigned ? 'UNSIGNED-PAYLOAD' : sha256(body ?? ''))
}

/** A signature that leaves out the host could be sent elsewhere; S3 wants each of its headers signed. */
function checkSignedHeaders(request: IncomingMessage, { signedHeaders, service }: Claim): void {
  if (!signedHeaders.includes('host'))
    throw new SigningError(
      'mismatch',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )
  if (service !== 's3') return
  const unsigned = Object.keys(request.headers).filter(
    name => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !signedHeaders.includes(name),
  )
  if (unsigned.length > 0)
    throw new AwsError(
      'AccessDenied',
      'There were headers present in the request which were not signed',
      403,
      { HeadersNotSigned: unsigned.join(', ') },
    )
}

function canonicalRequest(request: IncomingMessage, url: URL, claimed: Claim, payloadHash: string): string {
  const rawPath = (request.url ?? '/').split('?')[0] ?? '/'
  // S3 signs the path as sent; every other service signs it encoded once more.
  const path = claimed.service === 's3' ? encode(decodePath(rawPath), true) : encode(rawPath, true)
  const query = [...url.searchParams]
    .filter(([name]) => !(claimed.presigned && name === 'X-Amz-Signature'))
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const headers = claimed.signedHeaders
    .map(name => `${name}:${headerValue(request, name).trim().replace(/\s+/g, ' ')}\n`)
    .join('')
  return [request.method, path, query, headers, claimed.signedHeaders.join(';'), payloadHash].join('\n')
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw refusal('InvalidURI', "couldn't parse the specified URI", 400)
  }
}

function headerValue(request: IncomingMessage, name: string): string {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

/** Keys that were derived, by those who hold the secrets; each is asked for at every request of its day. */
const DERIVED = new WeakMap<Credentials, Map<string, Buffer>>()
const MOST_DERIVED = 1000

function signingKeyOf(credentials: Credentials, secret: string, scope: string): Buffer {
  const derived = DERIVED.get(credentials) ?? new Map<string, Buffer>()
  DERIVED.set(credentials, derived)
  const known = derived.get(`${secret} ${scope}`)
  if (known) return known
  const key = deriveKey(secret, scope)
  if (derived.size >= MOST_DERIVED) derived.clear()
  derived.set(`${secret} ${scope}`, key)
  return key
}

function deriveKey(secret: string, scope: string): Buffer {
  return scope
    .split('/')
    .reduce<Buffer | string>(
      (key, part) => createHmac('sha256', key).update(part).digest(),
      `AWS4${secret}`,
    ) as Buffer
}

/** RFC 3986, as SigV4 wants it: everything but unreserved characters, and `/` where it separates a path. */
function encode(text: string, keepSlash = false): string {
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return keepSlash ? encoded.replaceAll('%2F', '/') : encoded
}

function sha256(data: string | Buffer): string {
  return hash('sha256', data)
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function refusal(code: string, message: string, status = 403): AwsError {
  return new AwsError(code, message, status)
}
