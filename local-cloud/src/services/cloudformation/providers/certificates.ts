import type { Provider } from './provider.ts'
import { defined, type KeyValue, tagChanges } from './values.ts'

type CertificateProperties = {
  DomainName?: string
  SubjectAlternativeNames?: string[]
  ValidationMethod?: string
  KeyAlgorithm?: string
  CertificateExport?: string
  Tags?: KeyValue[]
}

const certificate: Provider<CertificateProperties> = {
  replaceOn: [
    'DomainName',
    'SubjectAlternativeNames',
    'ValidationMethod',
    'KeyAlgorithm',
    'CertificateExport',
  ],
  acts: [],
  taggable: true,
  create: async (properties, context) => {
    const { DomainName, SubjectAlternativeNames, ValidationMethod, KeyAlgorithm, Tags } = properties
    const { CertificateArn } = await context.call<{ CertificateArn: string }>('acm', 'RequestCertificate', {
      IdempotencyToken: context.token,
      ...defined({ DomainName, SubjectAlternativeNames, ValidationMethod, KeyAlgorithm, Tags }),
      ...(properties.CertificateExport && { Options: { Export: properties.CertificateExport } }),
    })
    return CertificateArn
  },
  update: async (CertificateArn, properties, old, context) => {
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    if (set.length > 0) await context.call('acm', 'AddTagsToCertificate', { CertificateArn, Tags: set })
    if (remove.length > 0)
      await context.call('acm', 'RemoveTagsFromCertificate', {
        CertificateArn,
        Tags: remove.map(Key => ({ Key })),
      })
  },
  delete: (CertificateArn, _, context) =>
    context.call('acm', 'DeleteCertificate', { CertificateArn }).then(() => {}),
}

export const CERTIFICATES: Record<string, Provider> = {
  'AWS::CertificateManager::Certificate': certificate,
}
