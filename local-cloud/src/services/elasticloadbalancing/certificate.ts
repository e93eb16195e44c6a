import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What HTTPS listeners present: a self-signed certificate of this installation for `localhost` and 127.0.0.1. */
export interface LocalCertificate {
  key: string
  cert: string
}

/** Reads the installation's certificate from `folder`, or makes it; the key is readable by its owner alone. */
export function openCertificate(folder: string, now: number): LocalCertificate {
  const path = join(folder, 'listener.pem')
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    writeFileSync(path, key + selfSign(key, now), { mode: 0o600 })
  }
  const pem = readFileSync(path, 'utf8')
  const cut = pem.indexOf('-----BEGIN CERTIFICATE-----')
  return { key: pem.slice(0, cut), cert: pem.slice(cut) }
}

/** A version 3 certificate (RFC 5280), valid for ten years, for which Node has no maker of its own. */
function selfSign(key: string, now: number): string {
  const privateKey = createPrivateKey(key)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const algorithm = sequence(ECDSA_SHA256)
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('local-cloud')))))
  const time = (ms: number) =>
    der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')}`))
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])))
  const extensions = der(0xa3, sequence(sequence(SUBJECT_ALT_NAME, der(0x04, names))))
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)])
  const validity = sequence(time(now - 86_400_000), time(now + 3650 * 86_400_000))
  const body = sequence(VERSION_3, der(0x02, serial), algorithm, name, validity, name, spki, extensions)
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]))
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

const VERSION_3 = der(0xa0, der(0x02, Buffer.from([2])))
/** Object identifiers: 1.2.840.10045.4.3.2, 2.5.4.3 and 2.5.29.17. */
const ECDSA_SHA256 = der(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
const COMMON_NAME = der(0x06, Buffer.from([0x55, 0x04, 0x03]))
const SUBJECT_ALT_NAME = der(0x06, Buffer.from([0x55, 0x1d, 0x11]))
