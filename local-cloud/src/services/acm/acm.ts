import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import type {
  AddTagsToCertificateRequest,
  DeleteCertificateRequest,
  ExportCertificateRequest,
  ExportCertificateResponse,
  GetCertificateRequest,
  ImportCertificateRequest,
  KeyAlgorithm,
  ListTagsForCertificateRequest,
  RemoveTagsFromCertificateRequest,
  RequestCertificateRequest,
  Tag,
} from '@aws-sdk/client-acm'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import type { RequestContext, Service, ServiceContext } from '../../core/service.ts'
import { describeOperations, usersOf } from './describe.ts'
import { type CertificateRecord, openRecords } from './records.ts'

const DOMAIN = /^(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)*((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])$/
/** Most names of a certificate, without a raised quota. */
const MOST_NAMES = 10
const MOST_TAGS = 50
/** The principals that may have a certificate's key without its being exportable. */
const HOLDERS = new Set(['elasticloadbalancing.amazonaws.com'])

/** Certificate Manager: certificates that are imported, or issued by an authority of this installation. See SPEC.md. */
export function createAcm(context: ServiceContext): Service {
  const { clock, region, accountId } = context
  const records = openRecords(context)
  const { certificates, seal, find } = records
  const newArn = () => `arn:aws:acm:${region}:${accountId}:certificate/${randomUUID()}`

  function importCertificate(input: ImportCertificateRequest) {
    const certificate = textOf(input.Certificate)
    const key = textOf(input.PrivateKey)
    const known = input.CertificateArn ? find(input.CertificateArn) : undefined
    if (known && known.type !== 'IMPORTED')
      throw invalid(`The certificate ${known.arn} was not imported and cannot be replaced.`)
    const parsed = readPem(certificate, key)
    if (Date.parse(parsed.validTo) < clock.now()) throw invalid('The certificate has expired.')
    const domain = /CN=([^\n]+)/.exec(parsed.subject)?.[1] ?? ''
    const names = (parsed.subjectAltName ?? '').split(', ').map(name => name.replace(/^[^:]+:/, ''))
    const arn = known?.arn ?? newArn()
    certificates.put(arn, {
      arn,
      type: 'IMPORTED',
      domain: domain || (names[0] ?? ''),
      names: names.filter(Boolean),
      keyAlgorithm: algorithmOf(key),
      exportable: false,
      certificate,
      ...(input.CertificateChain && { chain: textOf(input.CertificateChain) }),
      sealedKey: seal.close(key, arn),
      createdAt: known?.createdAt ?? clock.now(),
      tags: known?.tags ?? tagsOf([], input.Tags),
    })
    return { CertificateArn: arn }
  }

  function requestCertificate(input: RequestCertificateRequest) {
    const { DomainName: domain = '', SubjectAlternativeNames: others = [], IdempotencyToken: token } = input
    const { KeyAlgorithm: keyAlgorithm = 'RSA_2048' } = input
    if (input.CertificateAuthorityArn)
      throw notImplemented('acm', 'RequestCertificate of a private authority')
    if (keyAlgorithm !== 'RSA_2048' && keyAlgorithm !== 'EC_prime256v1')
      throw notImplemented('acm', `RequestCertificate with a key of ${keyAlgorithm}`)
    const names = [...new Set([domain, ...others])]
    const wrong = names.find(name => !DOMAIN.test(name) || name.length > 253)
    if (wrong !== undefined) throw invalid(`The domain name '${wrong}' is not valid.`)
    if (names.length > MOST_NAMES)
      throw new AwsError('LimitExceededException', `A certificate has at most ${MOST_NAMES} names.`)
    const again = certificates.list().find(one => token && one.token === token && one.domain === domain)
    if (again) return { CertificateArn: again.arn }
    const { key, cert, chain } = records.issue(domain, names, keyAlgorithm)
    const arn = newArn()
    certificates.put(arn, {
      arn,
      type: 'AMAZON_ISSUED',
      domain,
      names,
      keyAlgorithm,
      validationMethod: input.ValidationMethod ?? 'EMAIL',
      token,
      exportable: input.Options?.Export === 'ENABLED',
      certificate: cert,
      chain,
      sealedKey: seal.close(key, arn),
      createdAt: clock.now(),
      tags: tagsOf([], input.Tags),
    })
    return { CertificateArn: arn }
  }

  function getCertificate(input: GetCertificateRequest) {
    const { certificate, chain } = find(input.CertificateArn)
    return { Certificate: certificate, ...(chain && { CertificateChain: chain }) }
  }

  function exportCertificate(
    input: ExportCertificateRequest,
    { caller }: RequestContext,
  ): ExportCertificateResponse {
    const record = find(input.CertificateArn)
    if (!record.exportable && !HOLDERS.has(caller.arn))
      throw invalid(`The certificate ${record.arn} is not exportable.`)
    const passphrase = textOf(input.Passphrase)
    if (passphrase.length < 4) throw invalid('The passphrase must have at least 4 characters.')
    const key = createPrivateKey(seal.open(record.sealedKey, record.arn))
    return {
      Certificate: record.certificate,
      CertificateChain: record.chain ?? '',
      PrivateKey: key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string,
    }
  }

  async function deleteCertificate(input: DeleteCertificateRequest): Promise<void> {
    const { arn } = find(input.CertificateArn)
    if ((await usersOf(context, arn)).length > 0)
      throw new AwsError('ResourceInUseException', `Certificate ${arn} in account ${accountId} is in use.`)
    certificates.delete(arn)
  }

  function retag(arn: string | undefined, change: (record: CertificateRecord) => Tag[]): void {
    const record = find(arn)
    certificates.put(record.arn, { ...record, tags: change(record) })
  }

  return {
    name: 'acm',
    protocol: 'json',
    targetPrefix: 'CertificateManager',
    jsonVersion: '1.1',
    operations: {
      ImportCertificate: importCertificate,
      RequestCertificate: requestCertificate,
      GetCertificate: getCertificate,
      ExportCertificate: exportCertificate,
      DeleteCertificate: deleteCertificate,
      ...describeOperations(context, records),
      AddTagsToCertificate: (input: AddTagsToCertificateRequest) =>
        retag(input.CertificateArn, ({ tags }) => tagsOf(tags, input.Tags)),
      RemoveTagsFromCertificate: (input: RemoveTagsFromCertificateRequest) =>
        retag(input.CertificateArn, ({ tags }) =>
          tags.filter(
            tag => !input.Tags?.some(one => one.Key === tag.Key && (one.Value ?? tag.Value) === tag.Value),
          ),
        ),
      ListTagsForCertificate: (input: ListTagsForCertificateRequest) => ({
        Tags: find(input.CertificateArn).tags,
      }),
    },
  }
}

/** PEM in bytes, or in base64 as it is on the wire. */
function textOf(value: Uint8Array | string | undefined): string {
  if (value === undefined) return ''
  return Buffer.from(value as string, typeof value === 'string' ? 'base64' : undefined).toString()
}

/** @throws ValidationException unless both are readable and belong together */
function readPem(certificate: string, key: string): X509Certificate {
  let parsed: X509Certificate
  let fits: boolean
  try {
    parsed = new X509Certificate(certificate)
    fits = parsed.checkPrivateKey(createPrivateKey(key))
  } catch {
    throw invalid('The certificate and its unencrypted private key must be PEM.')
  }
  if (!fits) throw invalid('The certificate does not belong to the private key.')
  return parsed
}

function algorithmOf(key: string): KeyAlgorithm {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(key)
  if (asymmetricKeyType === 'rsa') return `RSA_${asymmetricKeyDetails?.modulusLength}` as KeyAlgorithm
  return `EC_${asymmetricKeyDetails?.namedCurve}` as KeyAlgorithm
}

function tagsOf(known: Tag[], added: Tag[] = []): Tag[] {
  const tags = new Map([...known, ...added].map(({ Key = '', Value }) => [Key, Value]))
  if (tags.size > MOST_TAGS)
    throw new AwsError('TooManyTagsException', `A certificate has at most ${MOST_TAGS} tags.`)
  return [...tags].map(([Key, Value]) => ({ Key, Value }))
}

const invalid = (message: string) => new AwsError('ValidationException', message)
