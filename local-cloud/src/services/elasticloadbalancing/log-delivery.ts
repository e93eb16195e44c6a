import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { GetBucketEncryptionCommandOutput, GetBucketPolicyCommandOutput } from '@aws-sdk/client-s3'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { invalid, refuse } from './errors.ts'
import { mayDeliver } from './log-permission.ts'
import type { LoadBalancerRecord } from './model.ts'

const PRINCIPAL = 'logdelivery.elasticloadbalancing.amazonaws.com'
/** How often AWS publishes what a node has logged. */
const EVERY_MINUTES = 5
const zip = promisify(gzip)

/** The logs that a load balancer can write into a bucket. */
export const LOG_KINDS = ['access', 'connection'] as const
export type LogKind = (typeof LOG_KINDS)[number]

/** Brings log lines into buckets, in files of five minutes. What a crash cuts off is lost, as AWS may lose it. */
export interface LogDelivery {
  /** Whether a load balancer logs; asked for each request. */
  isOn(balancer: LoadBalancerRecord, kind: LogKind): boolean
  /**
   * Proves that the bucket takes logs by writing AWS's test file.
   * @throws InvalidConfigurationRequest where it is not there or its policy does not let load balancers in
   */
  prove(balancer: LoadBalancerRecord, kind: LogKind): Promise<void>
  add(balancerArn: string, kind: LogKind, line: string): void
  start(): void
  /** Publishes what has come together. */
  stop(): Promise<void>
}

export function createLogDelivery(
  context: ServiceContext,
  find: (arn: string) => LoadBalancerRecord | undefined,
): LogDelivery {
  const { clock, invoke, region, accountId } = context
  const lines = new Map<string, string[]>()
  let cancel = () => {}

  const settingsOf = ({ attributes }: LoadBalancerRecord, kind: LogKind) => ({
    on: attributes[`${kind}_logs.s3.enabled`] === 'true',
    bucket: attributes[`${kind}_logs.s3.bucket`] ?? '',
    prefix: attributes[`${kind}_logs.s3.prefix`] ?? '',
  })

  async function put(balancer: LoadBalancerRecord, kind: LogKind, name: string, Body: Uint8Array) {
    const { bucket: Bucket, prefix } = settingsOf(balancer, kind)
    const Key = `${prefix ? `${prefix}/` : ''}AWSLogs/${accountId}/${name}`
    const { Policy = '' } = await invoke<GetBucketPolicyCommandOutput>(
      's3',
      'GetBucketPolicy',
      { Bucket },
      PRINCIPAL,
    )
    const object = { arn: `arn:aws:s3:::${Bucket}/${Key}`, sourceArn: balancer.arn, sourceAccount: accountId }
    const encryption = await invoke<GetBucketEncryptionCommandOutput>(
      's3',
      'GetBucketEncryption',
      { Bucket },
      PRINCIPAL,
    )
    const algorithm =
      encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault
        ?.SSEAlgorithm
    // The load balancer has no key of KMS: AWS delivers only where S3's own key encrypts.
    if (!mayDeliver(Policy, object) || algorithm?.startsWith('aws:kms'))
      throw new AwsError('AccessDenied', 'Access Denied', 403)
    await invoke('s3', 'PutObject', { Bucket, Key, Body }, PRINCIPAL)
  }

  async function prove(balancer: LoadBalancerRecord, kind: LogKind): Promise<void> {
    const { on, bucket } = settingsOf(balancer, kind)
    if (!on) return
    if (!bucket) throw invalid(`The value of '${kind}_logs.s3.bucket' cannot be empty`)
    const name = kind === 'access' ? 'ELBAccessLogTestFile' : 'ELBConnectionLogTestFile'
    const text = `Enable ${kind === 'access' ? 'AccessLog' : 'ConnectionLog'} for ELB: ${balancer.name} at ${new Date(clock.now()).toISOString()}`
    await put(balancer, kind, name, Buffer.from(text)).catch(error => {
      if (!(error instanceof AwsError) || error.status === 501) throw error
      throw refuse(
        'InvalidConfigurationRequest',
        `Access Denied for bucket: ${bucket}. Please check S3bucket permission`,
      )
    })
  }

  async function flush(): Promise<void> {
    const taken = [...lines]
    lines.clear()
    for (const [key, all] of taken) {
      const [arn = '', kind] = key.split(' ') as [string, LogKind]
      const balancer = find(arn)
      if (!balancer || !settingsOf(balancer, kind).on) continue
      await put(balancer, kind, nameOf(arn, kind), await zip(`${all.join('\n')}\n`)).catch(error =>
        context.log('elasticloadbalancing', 'logs were not delivered', {
          loadBalancer: balancer.name,
          lines: all.length,
          error: (error as Error).message,
        }),
      )
    }
  }

  /** `elasticloadbalancing/<region>/2026/11/24/<account>_elasticloadbalancing_<region>_app.lb.<id>_20261124T1205Z_127.0.0.1_<random>.log.gz` */
  function nameOf(arn: string, kind: LogKind): string {
    const time = new Date(clock.now()).toISOString()
    const id = arn.replace(/^.*:loadbalancer\//, '').replaceAll('/', '.')
    const end = `${time.slice(0, 16).replace(/[-:]/g, '')}Z`
    const random = randomBytes(6).toString('base64url').replace(/[_-]/g, '0')
    const first = kind === 'access' ? '' : 'conn_log.'
    return `elasticloadbalancing/${region}/${time.slice(0, 10).replaceAll('-', '/')}/${first}${accountId}_elasticloadbalancing_${region}_${id}_${end}_127.0.0.1_${random}.log.gz`
  }

  function schedule(): void {
    cancel = clock.after(clock.minutes(EVERY_MINUTES), () => {
      schedule()
      void flush()
    })
  }

  return {
    isOn: (balancer, kind) => settingsOf(balancer, kind).on,
    prove,
    add: (arn, kind, line) => {
      const key = `${arn} ${kind}`
      const known = lines.get(key)
      if (known) known.push(line)
      else lines.set(key, [line])
    },
    start: schedule,
    stop: () => {
      cancel()
      return flush()
    },
  }
}
