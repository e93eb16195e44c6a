import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyAndCertificate, makeCertificate } from '../../core/x509.ts'

const DAY_MS = 86_400_000

/**
 * What HTTPS listeners present where the cloud has no ACM: a self-signed certificate of this installation for
 * `localhost` and 127.0.0.1, read from `folder` or made. Its key is readable by its owner alone.
 */
export function openCertificate(folder: string, now: number): KeyAndCertificate {
  const path = join(folder, 'listener.pem')
  if (!existsSync(path)) {
    const { key, cert } = makeCertificate({
      commonName: 'local-cloud',
      names: ['localhost', '127.0.0.1'],
      keyAlgorithm: 'EC_prime256v1',
      notBefore: now - DAY_MS,
      notAfter: now + 3650 * DAY_MS,
    })
    writeFileSync(path, key + cert, { mode: 0o600 })
  }
  const pem = readFileSync(path, 'utf8')
  const cut = pem.indexOf('-----BEGIN CERTIFICATE-----')
  return { key: pem.slice(0, cut), cert: pem.slice(cut) }
}
