import { createPrivateKey, randomBytes } from 'node:crypto'
import type { SecureVersion } from 'node:tls'
import type { ExportCertificateCommandOutput } from '@aws-sdk/client-acm'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { openCertificate } from './certificate.ts'
import { invalid, refuse } from './errors.ts'
import { list, page } from './input.ts'
import type { ListenerRecord } from './model.ts'

/** What a listener's port needs to speak TLS. */
export interface TlsSettings {
  key: string
  cert: string
  minVersion: SecureVersion
  maxVersion: SecureVersion
}

/** AWS's own default of HTTPS listeners. */
export const DEFAULT_SSL_POLICY = 'ELBSecurityPolicy-2016-08'

/**
 * The oldest and the newest protocol of each policy. Their ciphers are OpenSSL's own.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
const RANGES: [policy: RegExp, least: SecureVersion, most: SecureVersion][] = [
  [/^ELBSecurityPolicy-TLS13-1-3-/, 'TLSv1.3', 'TLSv1.3'],
  [/^ELBSecurityPolicy-TLS13-1-2-/, 'TLSv1.2', 'TLSv1.3'],
  [/^ELBSecurityPolicy-TLS13-1-1-/, 'TLSv1.1', 'TLSv1.3'],
  [/^ELBSecurityPolicy-TLS13-1-0-/, 'TLSv1', 'TLSv1.3'],
  [/^ELBSecurityPolicy-(TLS-1-2-|FS-1-2-)/, 'TLSv1.2', 'TLSv1.2'],
  [/^ELBSecurityPolicy-(TLS-1-1-|FS-1-1-)/, 'TLSv1.1', 'TLSv1.2'],
  [/^ELBSecurityPolicy-(2016-08|FS-2018-06|2015-05)$/, 'TLSv1', 'TLSv1.2'],
]
const VERSIONS: SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const NAMES = [
  'ELBSecurityPolicy-TLS13-1-3-2021-06',
  'ELBSecurityPolicy-TLS13-1-3-PQ-2025-09',
  'ELBSecurityPolicy-TLS13-1-2-2021-06',
  'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
  'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
  'ELBSecurityPolicy-TLS13-1-2-PQ-2025-09',
  'ELBSecurityPolicy-TLS13-1-1-2021-06',
  'ELBSecurityPolicy-TLS13-1-0-2021-06',
  'ELBSecurityPolicy-TLS-1-2-2017-01',
  'ELBSecurityPolicy-TLS-1-1-2017-01',
  'ELBSecurityPolicy-FS-1-2-2019-08',
  'ELBSecurityPolicy-FS-2018-06',
  DEFAULT_SSL_POLICY,
]

/** The protocols that a policy allows. @throws SSLPolicyNotFound */
export function versionsOf(policy: string): Pick<TlsSettings, 'minVersion' | 'maxVersion'> {
  const found = RANGES.find(([name]) => name.test(policy))
  if (!found) throw refuse('SSLPolicyNotFound', `SSL policy '${policy}' not found`)
  return { minVersion: found[1], maxVersion: found[2] }
}

/** DescribeSSLPolicies. */
export function describeSslPolicies(input: { Names?: string[]; Marker?: string; PageSize?: number }) {
  const asked = list(input.Names)
  const { items, NextMarker } = page(asked.length > 0 ? asked : NAMES, input)
  return {
    SslPolicies: items.map(Name => {
      const { minVersion, maxVersion } = versionsOf(Name)
      return {
        Name,
        SslProtocols: VERSIONS.slice(VERSIONS.indexOf(minVersion), VERSIONS.indexOf(maxVersion) + 1),
        Ciphers: [],
        SupportedLoadBalancerTypes: ['application'],
      }
    }),
    NextMarker,
  }
}

/**
 * The certificate of an HTTPS listener, from ACM, with the protocols of its policy.
 * @throws CertificateNotFound; a cloud without ACM has a certificate of its own instead
 */
export async function tlsOf(context: ServiceContext, listener: ListenerRecord): Promise<TlsSettings> {
  const versions = versionsOf(listener.sslPolicy ?? DEFAULT_SSL_POLICY)
  const [CertificateArn = ''] = listener.certificates
  if (!/^arn:[^:]+:(acm|iam):/.test(CertificateArn))
    throw invalid(`'${CertificateArn}' is not the ARN of a certificate`)
  // As anybody who exports one: the key travels encrypted by a password that is used once.
  const passphrase = randomBytes(24).toString('base64url')
  try {
    const exported = await context.invoke<ExportCertificateCommandOutput>(
      'acm',
      'ExportCertificate',
      { CertificateArn, Passphrase: Buffer.from(passphrase) },
      'elasticloadbalancing.amazonaws.com',
    )
    const { PrivateKey = '', Certificate = '', CertificateChain = '' } = exported
    const key = createPrivateKey({ key: PrivateKey, passphrase })
    return {
      key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
      cert: `${Certificate.trim()}\n${CertificateChain}`,
      ...versions,
    }
  } catch (error) {
    if (error instanceof AwsError && error.status === 501)
      return {
        ...openCertificate(context.store.folder('elasticloadbalancing'), context.clock.now()),
        ...versions,
      }
    if (error instanceof AwsError && error.code === 'ResourceNotFoundException')
      throw refuse('CertificateNotFound', `Certificate '${CertificateArn}' not found`)
    throw error
  }
}
