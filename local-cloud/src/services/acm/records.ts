import type { KeyAlgorithm, Tag } from '@aws-sdk/client-acm'
import { AwsError } from '../../core/aws-error.ts'
import { openSeal } from '../../core/seal.ts'
import type { ServiceContext } from '../../core/service.ts'
import { type KeyAndCertificate, makeCertificate } from '../../core/x509.ts'

/** A certificate as it is kept. Times are milliseconds since the epoch. */
export interface CertificateRecord {
  arn: string
  type: 'IMPORTED' | 'AMAZON_ISSUED'
  domain: string
  names: string[]
  keyAlgorithm: KeyAlgorithm
  validationMethod?: string
  token?: string
  exportable: boolean
  /** PEM. */
  certificate: string
  chain?: string
  /** PEM, sealed with the installation's key about the ARN. */
  sealedKey: string
  createdAt: number
  tags: Tag[]
}

export type Records = ReturnType<typeof openRecords>

const DAY_MS = 86_400_000
/** Amazon's certificates are good for 395 days. https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html */
const LIFE_DAYS = 395
const AUTHORITY = 'Clarity local cloud'

/** Certificates, and the authority of this installation that signs those which nobody brought. */
export function openRecords({ store, clock }: ServiceContext) {
  const certificates = store.collection<CertificateRecord>('acm', 'certificate')
  const authorities = store.collection<{ sealedKey: string; cert: string }>('acm', 'authority')
  const seal = openSeal(store.folder('acm'))

  function authority(): KeyAndCertificate {
    const known = authorities.get('local')
    if (known) return { key: seal.open(known.sealedKey, 'authority').toString(), cert: known.cert }
    const made = makeCertificate({
      commonName: AUTHORITY,
      names: [],
      keyAlgorithm: 'EC_prime256v1',
      authority: true,
      notBefore: clock.now() - DAY_MS,
      notAfter: clock.now() + 3650 * DAY_MS,
    })
    authorities.put('local', { sealedKey: seal.close(made.key, 'authority'), cert: made.cert })
    return made
  }

  return {
    certificates,
    seal,
    /** @throws ResourceNotFoundException */
    find(arn: string | undefined): CertificateRecord {
      const found = certificates.get(arn ?? '')
      if (found) return found
      throw new AwsError('ResourceNotFoundException', `Could not find certificate ${arn} in account.`)
    },
    /** A new certificate of the installation's authority, with the authority as its chain. */
    issue(
      domain: string,
      names: string[],
      keyAlgorithm: 'RSA_2048' | 'EC_prime256v1',
    ): KeyAndCertificate & { chain: string } {
      const { key, cert: chain } = authority()
      const made = makeCertificate({
        commonName: domain,
        // Who has a certificate for this machine reaches it by its address too, which AWS would not certify.
        names: names.includes('localhost') ? [...names, '127.0.0.1'] : names,
        keyAlgorithm,
        notBefore: clock.now() - DAY_MS,
        notAfter: clock.now() + LIFE_DAYS * DAY_MS,
        issuer: { commonName: AUTHORITY, key },
      })
      return { ...made, chain }
    },
  }
}
