import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { isIP } from 'node:net'

/** What a certificate is to say. */
export interface CertificateRequest {
  /** Its subject's common name. */
  commonName: string
  /** Domain names (also with a `*.`) and addresses that it is for; none for an authority. */
  names: string[]
  keyAlgorithm: 'RSA_2048' | 'EC_prime256v1'
  /** Milliseconds since the epoch. */
  notBefore: number
  notAfter: number
  /** Who signs it. @default itself */
  issuer?: { commonName: string; key: string }
  /** Whether it may sign others. @default false */
  authority?: boolean
}

/** A private key (PKCS 8) and a certificate, as PEM. */
export interface KeyAndCertificate {
  key: string
  cert: string
}

/** Makes a key and a version 3 certificate for it (RFC 5280), for which Node has no maker of its own. */
export function makeCertificate(request: CertificateRequest): KeyAndCertificate {
  const { privateKey } =
    request.keyAlgorithm === 'RSA_2048'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const signer = request.issuer ? createPrivateKey(request.issuer.key) : privateKey
  return { key, cert: certify(request, privateKey, signer) }
}

function certify(request: CertificateRequest, key: KeyObject, signer: KeyObject): string {
  const { commonName, issuer, names, authority = false, notBefore, notAfter } = request
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const algorithm = signer.asymmetricKeyType === 'rsa' ? sequence(RSA_SHA256, NULL) : sequence(ECDSA_SHA256)
  const name = (text: string) => sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))))
  const time = (ms: number) =>
    der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')}`))
  const general = (text: string) =>
    isIP(text) === 4
      ? der(0x87, Buffer.from(text.split('.').map(Number)))
      : der(0x82, Buffer.from(text, 'latin1'))
  const extension = (id: Buffer, critical: boolean, content: Buffer) =>
    sequence(id, ...(critical ? [TRUE] : []), der(0x04, content))
  const extensions = [
    extension(BASIC_CONSTRAINTS, true, authority ? sequence(TRUE) : sequence()),
    ...(names.length > 0 ? [extension(SUBJECT_ALT_NAME, false, sequence(...names.map(general)))] : []),
  ]
  const body = sequence(
    VERSION_3,
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name(issuer?.commonName ?? commonName),
    sequence(time(notBefore), time(notAfter)),
    name(commonName),
    spki,
    der(0xa3, sequence(...extensions)),
  )
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, signer)]))
  const lines =
    sequence(body, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** One DER element: tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...items: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(items))
}

const TRUE = der(0x01, Buffer.from([0xff]))
const NULL = der(0x05, Buffer.alloc(0))
const VERSION_3 = der(0xa0, der(0x02, Buffer.from([2])))
const identifier = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
/** 1.2.840.10045.4.3.2 and 1.2.840.113549.1.1.11 */
const ECDSA_SHA256 = identifier('2a8648ce3d040302')
const RSA_SHA256 = identifier('2a864886f70d01010b')
/** 2.5.4.3, 2.5.29.17 and 2.5.29.19 */
const COMMON_NAME = identifier('550403')
const SUBJECT_ALT_NAME = identifier('551d11')
const BASIC_CONSTRAINTS = identifier('551d13')
