import { createHash, X509Certificate } from 'node:crypto'
import type {
  CertificateDetail,
  CertificateSummary,
  DescribeCertificateRequest,
  ListCertificatesRequest,
} from '@aws-sdk/client-acm'
import type {
  DescribeListenersCommandOutput,
  DescribeLoadBalancersCommandOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import type { CertificateRecord, Records } from './records.ts'

/** What can be asked of certificates. */
export function describeOperations(context: ServiceContext, records: Records): Record<string, Operation> {
  async function describe(input: DescribeCertificateRequest): Promise<{ Certificate: CertificateDetail }> {
    const record = records.find(input.CertificateArn)
    const parsed = new X509Certificate(record.certificate)
    const issued = record.type === 'AMAZON_ISSUED'
    const common = (text: string) => /CN=([^\n]+)/.exec(text)?.[1] ?? ''
    return {
      Certificate: {
        CertificateArn: record.arn,
        DomainName: record.domain,
        SubjectAlternativeNames: record.names,
        Serial: parsed.serialNumber.toLowerCase().match(/../g)?.join(':'),
        Subject: `CN=${common(parsed.subject)}`,
        Issuer: common(parsed.issuer),
        CreatedAt: new Date(record.createdAt),
        ...(issued ? { IssuedAt: new Date(record.createdAt) } : { ImportedAt: new Date(record.createdAt) }),
        Status: statusOf(parsed, context.clock.now()),
        NotBefore: new Date(parsed.validFrom),
        NotAfter: new Date(parsed.validTo),
        KeyAlgorithm: record.keyAlgorithm,
        SignatureAlgorithm: record.keyAlgorithm.startsWith('RSA') ? 'SHA256WITHRSA' : 'SHA256WITHECDSA',
        InUseBy: await usersOf(context, record.arn),
        Type: record.type,
        RenewalEligibility: 'INELIGIBLE',
        Options: {
          CertificateTransparencyLoggingPreference: 'ENABLED',
          Export: record.exportable ? 'ENABLED' : 'DISABLED',
        },
        ...(issued && {
          DomainValidationOptions: record.names.map(name => ({
            DomainName: name,
            ValidationDomain: name,
            ValidationStatus: 'SUCCESS' as const,
            ValidationMethod: record.validationMethod as 'DNS',
            ...(record.validationMethod === 'DNS' && { ResourceRecord: validationRecord(name) }),
          })),
        }),
      },
    }
  }

  function list(input: ListCertificatesRequest) {
    const start = input.NextToken ? Number(Buffer.from(input.NextToken, 'base64url').toString()) : 0
    const size = Math.min(Math.max(Number(input.MaxItems ?? 1000), 1), 1000)
    if (!Number.isInteger(start) || start < 0)
      throw new AwsError('ValidationException', `The token '${input.NextToken}' is not one of ours.`)
    const all = records.certificates
      .list()
      .map(summaryOf)
      .filter(
        one =>
          !input.CertificateStatuses?.length || input.CertificateStatuses.includes(one.Status ?? 'ISSUED'),
      )
      .filter(
        one =>
          !input.Includes?.keyTypes?.length ||
          input.Includes.keyTypes.includes(one.KeyAlgorithm ?? 'RSA_2048'),
      )
    const end = start + size
    return {
      CertificateSummaryList: all.slice(start, end),
      NextToken: end < all.length ? Buffer.from(String(end)).toString('base64url') : undefined,
    }
  }

  function summaryOf(record: CertificateRecord): CertificateSummary {
    const parsed = new X509Certificate(record.certificate)
    return {
      CertificateArn: record.arn,
      DomainName: record.domain,
      SubjectAlternativeNameSummaries: record.names,
      HasAdditionalSubjectAlternativeNames: false,
      Status: statusOf(parsed, context.clock.now()),
      Type: record.type,
      KeyAlgorithm: record.keyAlgorithm,
      NotBefore: new Date(parsed.validFrom),
      NotAfter: new Date(parsed.validTo),
      CreatedAt: new Date(record.createdAt),
    }
  }

  return { DescribeCertificate: describe, ListCertificates: list }
}

/** The ARNs of the load balancers whose listeners present a certificate. */
export async function usersOf({ invoke }: ServiceContext, arn: string): Promise<string[]> {
  const ask = <T>(operation: string, input: object) =>
    invoke<T>('elasticloadbalancing', operation, input, 'acm.amazonaws.com')
  const balancers = await ask<DescribeLoadBalancersCommandOutput>('DescribeLoadBalancers', {}).catch(
    error => {
      if (error instanceof AwsError && error.status === 501) return undefined
      throw error
    },
  )
  const users: string[] = []
  for (const { LoadBalancerArn = '' } of balancers?.LoadBalancers ?? []) {
    const { Listeners } = await ask<DescribeListenersCommandOutput>('DescribeListeners', { LoadBalancerArn })
    if (Listeners?.some(one => one.Certificates?.some(used => used.CertificateArn === arn)))
      users.push(LoadBalancerArn)
  }
  return users
}

function statusOf(parsed: X509Certificate, now: number): 'ISSUED' | 'EXPIRED' {
  return Date.parse(parsed.validTo) < now ? 'EXPIRED' : 'ISSUED'
}

/** What DNS is to say so that a domain counts as its owner's; the same for a domain each time. */
function validationRecord(domain: string): { Name: string; Type: 'CNAME'; Value: string } {
  const name = domain.replace(/^\*\./, '')
  const hash = (salt: string) =>
    createHash('md5')
      .update(salt + name)
      .digest('hex')
  return { Name: `_${hash('name')}.${name}.`, Type: 'CNAME', Value: `_${hash('value')}.acm-validations.aws.` }
}
