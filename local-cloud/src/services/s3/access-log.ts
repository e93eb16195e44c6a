import { randomBytes } from 'node:crypto'
import type { ServiceContext } from '../../core/service.ts'
import { owner } from './buckets.ts'
import type { Bucket, Records } from './records.ts'

/** How long lines wait before they are written; AWS delivers within hours, best effort. */
const FLUSH_MS = 300_000
/** Lines of one bucket that are kept waiting at most; then they are written at once. */
const MOST_LINES = 1000

/** One request as it is logged. */
export interface Line {
  bucket: Bucket
  operation: string
  method: string
  key?: string
  /** Path and query as sent, without a signature. */
  target: string
  status: number
  errorCode?: string
  requester: string
  requestId: string
  size?: number
  startedMs: number
  userAgent?: string
}

/**
 * Server access logs, for buckets that ask for them: lines in AWS's format, written into the target bucket now and then.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function createAccessLog(context: ServiceContext, records: Records) {
  const waiting = new Map<string, string[]>()
  let cancel = () => {}

  function add(line: Line): void {
    const target = targetOf(line.bucket)
    if (!target) return
    const lines = waiting.get(line.bucket.name) ?? []
    lines.push(written(line, context))
    waiting.set(line.bucket.name, lines)
    if (lines.length >= MOST_LINES) void flush()
  }

  async function flush(): Promise<void> {
    for (const [name, lines] of waiting) {
      waiting.delete(name)
      const target = targetOf(records.buckets.get(name))
      if (!target || lines.length === 0) continue
      const time = new Date(context.clock.now()).toISOString().replace(/[T:]/g, '-').slice(0, 19)
      const Key = `${target.prefix}${time}-${randomBytes(8).toString('hex').toUpperCase()}`
      const input = { Bucket: target.bucket, Key, Body: `${lines.join('\n')}\n`, ContentType: 'text/plain' }
      try {
        await context.invoke('s3', 'PutObject', input, 'logging.s3.amazonaws.com')
      } catch (error) {
        context.log('s3', 'an access log was not delivered', {
          bucket: name,
          to: target.bucket,
          error: (error as Error).message,
        })
      }
    }
  }

  function schedule(): void {
    cancel = context.clock.after(FLUSH_MS, () => void flush().finally(schedule))
  }

  return {
    add,
    start: schedule,
    async stop(): Promise<void> {
      cancel()
      await flush()
      cancel()
    },
  }
}

function targetOf(bucket: Bucket | undefined): { bucket: string; prefix: string } | undefined {
  const document = bucket?.settings.logging as
    | { LoggingEnabled?: { TargetBucket?: string; TargetPrefix?: string } }
    | undefined
  const { TargetBucket, TargetPrefix = '' } = document?.LoggingEnabled ?? {}
  return TargetBucket ? { bucket: TargetBucket, prefix: TargetPrefix } : undefined
}

function written(line: Line, { accountId, clock }: ServiceContext): string {
  const { ID } = owner(accountId)
  const time = new Date(line.startedMs)
  const [, month = ''] = time.toUTCString().match(/\d+ (\w+) \d+/) ?? []
  const at = `[${String(time.getUTCDate()).padStart(2, '0')}/${month}/${time.getUTCFullYear()}:${time.toISOString().slice(11, 19)} +0000]`
  const took = Math.max(0, clock.now() - line.startedMs)
  const words = line.operation.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
  const safe = (text: string) => text.replace(/[\r\n"]/g, '-')
  return [
    ID,
    line.bucket.name,
    at,
    '127.0.0.1',
    line.requester || '-',
    line.requestId,
    `REST.${line.method}.${words}`,
    line.key === undefined ? '-' : encodeURIComponent(line.key),
    `"${safe(`${line.method} ${line.target} HTTP/1.1`)}"`,
    line.status,
    line.errorCode ?? '-',
    line.size ?? '-',
    line.size ?? '-',
    took,
    took,
    '"-"',
    `"${safe(line.userAgent ?? '-')}"`,
    '-',
    '-',
    'SigV4',
    '-',
    'AuthHeader',
    '127.0.0.1',
    '-',
    '-',
    '-',
  ].join(' ')
}
