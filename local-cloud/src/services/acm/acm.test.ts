import { createPrivateKey, X509Certificate } from 'node:crypto'
import { get } from 'node:https'
import { connect, type SecureVersion } from 'node:tls'
import {
  ACMClient,
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ExportCertificateCommand,
  GetCertificateCommand,
  ImportCertificateCommand,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  DeleteListenerCommand,
  DescribeSSLPoliciesCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificate } from '../../core/x509.ts'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createElasticLoadBalancing } from '../elasticloadbalancing/elasticloadbalancing.ts'
import { freePort } from '../elasticloadbalancing/fixture.ts'
import { createAcm } from './acm.ts'

let cloud: TestCloud
let acm: ACMClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createAcm, createElasticLoadBalancing] })
  acm = new ACMClient(cloud.client)
})
afterAll(() => cloud.dispose())

const request = async (input: object) => {
  const { CertificateArn } = await acm.send(
    new RequestCertificateCommand({ DomainName: 'localhost', ...input }),
  )
  return CertificateArn as string
}

test('issues a certificate that its authority vouches for, and exports one that may be', async () => {
  const input = {
    SubjectAlternativeNames: ['*.example.com'],
    ValidationMethod: 'DNS',
    KeyAlgorithm: 'EC_prime256v1',
    IdempotencyToken: 'once',
    Options: { Export: 'ENABLED' },
  }
  const CertificateArn = await request(input)
  expect(await request(input)).toBe(CertificateArn)
  const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }))
  expect(Certificate).toMatchObject({
    DomainName: 'localhost',
    SubjectAlternativeNames: ['localhost', '*.example.com'],
    Status: 'ISSUED',
    Type: 'AMAZON_ISSUED',
    KeyAlgorithm: 'EC_prime256v1',
    InUseBy: [],
    DomainValidationOptions: [{ ValidationStatus: 'SUCCESS', ResourceRecord: { Type: 'CNAME' } }, {}],
  })
  const got = await acm.send(new GetCertificateCommand({ CertificateArn }))
  const leaf = new X509Certificate(got.Certificate ?? '')
  const authority = new X509Certificate(got.CertificateChain ?? '')
  expect([
    leaf.verify(authority.publicKey),
    authority.ca,
    leaf.ca,
    leaf.checkHost('a.example.com'),
    leaf.checkIP('127.0.0.1'),
  ]).toEqual([true, true, false, '*.example.com', '127.0.0.1'])
  const exported = await acm.send(
    new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('a secret') }),
  )
  const key = createPrivateKey({ key: exported.PrivateKey ?? '', passphrase: 'a secret' })
  expect(leaf.checkPrivateKey(key)).toBe(true)
  const closed = await request({})
  await expect(
    acm.send(new ExportCertificateCommand({ CertificateArn: closed, Passphrase: Buffer.from('a secret') })),
  ).rejects.toMatchObject({ name: 'ValidationException' })
  await acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: 'app', Value: 'x' }] }))
  const { Tags } = await acm.send(new ListTagsForCertificateCommand({ CertificateArn }))
  expect(Tags).toEqual([{ Key: 'app', Value: 'x' }])
  const { CertificateSummaryList } = await acm.send(
    new ListCertificatesCommand({ Includes: { keyTypes: ['EC_prime256v1'] } }),
  )
  expect(CertificateSummaryList?.map(one => one.CertificateArn)).toEqual([CertificateArn])
})

test('a listener presents an imported certificate, and only speaks what its policy allows', async () => {
  const now = Date.now()
  const own = makeCertificate({
    commonName: 'api.example.org',
    names: ['api.example.org', '127.0.0.1'],
    keyAlgorithm: 'EC_prime256v1',
    notBefore: now - 1000,
    notAfter: now + 86_400_000,
  })
  const bring = (cert: string, key: string) =>
    acm.send(new ImportCertificateCommand({ Certificate: Buffer.from(cert), PrivateKey: Buffer.from(key) }))
  const stranger = makeCertificate({
    commonName: 'x',
    names: [],
    keyAlgorithm: 'EC_prime256v1',
    notBefore: now,
    notAfter: now + 1000,
  })
  await expect(bring(own.cert, stranger.key)).rejects.toMatchObject({ name: 'ValidationException' })
  const { CertificateArn = '' } = await bring(own.cert, own.key)

  const elb = new ElasticLoadBalancingV2Client(cloud.client)
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: 'tls', Subnets: ['subnet-1', 'subnet-2'] }),
  )
  const Port = await freePort()
  const listen = (arn: string, SslPolicy?: string) =>
    elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
        Protocol: 'HTTPS',
        Port,
        SslPolicy,
        Certificates: [{ CertificateArn: arn }],
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
      }),
    )
  await expect(listen(`${CertificateArn.slice(0, -1)}x`)).rejects.toMatchObject({
    name: 'CertificateNotFoundException',
  })
  await expect(listen(CertificateArn, 'ELBSecurityPolicy-None')).rejects.toMatchObject({
    name: 'SSLPolicyNotFoundException',
  })
  const { Listeners } = await listen(CertificateArn, 'ELBSecurityPolicy-TLS13-1-3-2021-06')
  const ListenerArn = Listeners?.[0]?.ListenerArn
  const speak = (version: SecureVersion) =>
    new Promise<string | null | Error>(resolve => {
      const socket = connect({
        port: Port,
        host: '127.0.0.1',
        ca: own.cert,
        minVersion: version,
        maxVersion: version,
      })
      socket.on('secureConnect', () => {
        resolve(socket.getProtocol())
        socket.destroy()
      })
      socket.on('error', resolve)
    })
  expect(await speak('TLSv1.3')).toBe('TLSv1.3')
  expect(await speak('TLSv1.2')).toBeInstanceOf(Error)
  const status = await new Promise((resolve, reject) => {
    get({ port: Port, host: '127.0.0.1', ca: own.cert }, r => resolve(r.resume().statusCode)).on(
      'error',
      reject,
    )
  })
  expect(status).toBe(200)
  await elb.send(new ModifyListenerCommand({ ListenerArn, SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' }))
  expect(await speak('TLSv1.2')).toBe('TLSv1.2')
  const policies = await elb.send(
    new DescribeSSLPoliciesCommand({ Names: ['ELBSecurityPolicy-TLS13-1-2-2021-06'] }),
  )
  expect(policies.SslPolicies?.[0]?.SslProtocols).toEqual(['TLSv1.2', 'TLSv1.3'])

  const remove = () => acm.send(new DeleteCertificateCommand({ CertificateArn }))
  await expect(remove()).rejects.toMatchObject({ name: 'ResourceInUseException' })
  await elb.send(new DeleteListenerCommand({ ListenerArn }))
  await remove()
  await expect(acm.send(new DescribeCertificateCommand({ CertificateArn }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})

test('refuses names that are none, and more than there may be', async () => {
  await expect(request({ DomainName: 'no_host' })).rejects.toMatchObject({ name: 'ValidationException' })
  const SubjectAlternativeNames = Array.from({ length: 10 }, (_, i) => `n${i}.example.com`)
  await expect(request({ SubjectAlternativeNames })).rejects.toMatchObject({ name: 'LimitExceededException' })
  await expect(request({ KeyAlgorithm: 'RSA_4096' })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
})
