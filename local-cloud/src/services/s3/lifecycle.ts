import type { LifecycleRule, LifecycleRuleFilter, Transition } from '@aws-sdk/client-s3'
import { AwsError } from '../../core/aws-error.ts'
import type { S3Parts } from './objects.ts'
import { type Bucket, position, type Version } from './records.ts'
import type { createRemoval } from './removal.ts'

const DAY_MS = 86_400_000
/** How often rules are applied; AWS does once a day. */
const SWEEP_MS = 3_600_000
/** Versions looked at before other requests get their turn. */
const PAGE = 500

/** What one sweep has done, for the log. */
interface Done {
  expired: number
  removed: number
  moved: number
  aborted: number
}

type Rule = LifecycleRule & { Prefix?: string }

/**
 * Applies lifecycle rules by the cloud's clock, once an hour: expires objects, removes noncurrent versions and markers,
 * aborts uploads, records transitions. What is locked stays.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 * @returns starts it; and its end
 */
export function createLifecycle(parts: S3Parts, removal: ReturnType<typeof createRemoval>) {
  const { records, blobs, context } = parts
  let cancel = () => {}
  let stopped = false

  async function sweep(): Promise<void> {
    for (const bucket of records.buckets.list()) {
      const rules = enabledRules(bucket)
      if (rules.length === 0) continue
      const done: Done = { expired: 0, removed: 0, moved: 0, aborted: 0 }
      await abortUploads(bucket, rules, done)
      await sweepVersions(bucket, rules, done)
      if (Object.values(done).some(count => count > 0))
        context.log('s3', 'lifecycle rules were applied', { bucket: bucket.name, ...done })
    }
  }

  async function abortUploads(bucket: Bucket, rules: Rule[], done: Done): Promise<void> {
    const limits = rules.flatMap(rule => {
      const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation
      return days === undefined ? [] : [{ rule, days }]
    })
    if (limits.length === 0) return
    for (const upload of records.uploads(bucket.name, '', Number.MAX_SAFE_INTEGER)) {
      const due = limits.some(
        ({ rule, days }) => upload.key.startsWith(prefixOf(rule)) && passed(upload.startedMs, days),
      )
      if (!due) continue
      const files = records.parts(upload.uploadId)
      records.transaction(() => records.removeUpload(upload))
      await blobs.remove(files)
      done.aborted++
    }
  }

  async function sweepVersions(bucket: Bucket, rules: Rule[], done: Done): Promise<void> {
    let from = ''
    let group: Version[] = []
    for (;;) {
      const page = records.versions(bucket.name, from, PAGE)
      for (const version of page) {
        if (group[0] && group[0].key !== version.key) {
          await settle(bucket, group, rules, done)
          group = []
        }
        group.push(version)
      }
      const last = page.at(-1)
      if (page.length < PAGE || !last || stopped) break
      from = position.afterVersion(last)
      await context.clock.sleep(0)
    }
    if (group[0] && !stopped) await settle(bucket, group, rules, done)
  }

  /** @param versions all of one key, the newest first */
  async function settle(bucket: Bucket, versions: Version[], rules: Rule[], done: Done): Promise<void> {
    const [newest, ...older] = versions as [Version, ...Version[]]
    for (const rule of rules) {
      if (!newest.deleteMarker && applies(rule, newest) && expires(rule, newest)) {
        if (
          await attempt(() =>
            removal.deleteObject({ Bucket: bucket.name, Key: newest.key, IfMatch: newest.etag }),
          )
        )
          done.expired++
        return
      }
      if (newest.deleteMarker && older.length === 0 && rule.Expiration?.ExpiredObjectDeleteMarker) {
        if (newest.key.startsWith(prefixOf(rule)) && (await dropVersion(newest))) done.removed++
        return
      }
    }
    move(newest, rules, newest.modifiedMs, 'Transitions', done)
    for (const [index, version] of older.entries()) {
      // A version is noncurrent since the one after it was written.
      const since = (versions[index] as Version).modifiedMs
      const gone = rules.some(rule => {
        const { NoncurrentDays, NewerNoncurrentVersions = 0 } = rule.NoncurrentVersionExpiration ?? {}
        return (
          NoncurrentDays !== undefined &&
          index >= NewerNoncurrentVersions &&
          applies(rule, version) &&
          passed(since, NoncurrentDays)
        )
      })
      if (gone) {
        if (await dropVersion(version)) done.removed++
      } else move(version, rules, since, 'NoncurrentVersionTransitions', done)
    }
  }

  function dropVersion({ bucket, key, versionId }: Version): Promise<boolean> {
    return attempt(() => removal.deleteObject({ Bucket: bucket, Key: key, VersionId: versionId }))
  }

  /** What is locked, or was changed meanwhile, stays. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (error instanceof AwsError) return false
      throw error
    }
  }

  /** Records the class that the last transition that is due moves a version to. */
  function move(
    version: Version,
    rules: Rule[],
    since: number,
    member: 'Transitions' | 'NoncurrentVersionTransitions',
    done: Done,
  ): void {
    if (version.deleteMarker) return
    const due = rules
      .filter(rule => applies(rule, version))
      .flatMap(rule => (rule[member] ?? []) as (Transition & { NoncurrentDays?: number })[])
      .filter(({ Days, NoncurrentDays, Date: date }) =>
        date ? context.clock.now() >= new Date(date).getTime() : passed(since, NoncurrentDays ?? Days ?? 0),
      )
      .sort((a, b) => CLASSES.indexOf(a.StorageClass ?? '') - CLASSES.indexOf(b.StorageClass ?? ''))
    const to = due.at(-1)?.StorageClass
    if (to === undefined || CLASSES.indexOf(to) <= CLASSES.indexOf(version.storageClass)) return
    const now = records.version(version.bucket, version.key, version.versionId)
    if (now?.sequence !== version.sequence) return
    records.put({ ...now, storageClass: to })
    done.moved++
  }

  function expires({ Expiration }: Rule, version: Version): boolean {
    if (Expiration?.Date) return context.clock.now() >= new Date(Expiration.Date).getTime()
    return Expiration?.Days !== undefined && passed(version.modifiedMs, Expiration.Days)
  }

  /** Days are counted to the midnight (UTC) that follows. */
  function passed(since: number, days: number): boolean {
    return context.clock.now() >= Math.ceil((since + days * DAY_MS) / DAY_MS) * DAY_MS
  }

  function schedule(): void {
    cancel = context.clock.after(SWEEP_MS, () => {
      sweep()
        .catch(error =>
          context.log('s3', 'lifecycle rules were not applied', { error: (error as Error).message }),
        )
        .finally(() => {
          if (!stopped) schedule()
        })
    })
  }

  return {
    start: schedule,
    stop(): void {
      stopped = true
      cancel()
    },
  }
}

/** Storage classes from the dearest to the cheapest: transitions only go down. */
const CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'INTELLIGENT_TIERING',
  'ONEZONE_IA',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
]

function enabledRules(bucket: Bucket): Rule[] {
  const document = bucket.settings.lifecycle as { Rules?: Rule[] } | undefined
  return (document?.Rules ?? []).filter(rule => rule.Status === 'Enabled')
}

function prefixOf({ Filter, Prefix }: Rule): string {
  return Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? ''
}

function applies(rule: Rule, version: Version): boolean {
  const filter: LifecycleRuleFilter = rule.Filter ?? {}
  const tags = filter.And?.Tags ?? (filter.Tag ? [filter.Tag] : [])
  const above = Number(filter.And?.ObjectSizeGreaterThan ?? filter.ObjectSizeGreaterThan ?? -1)
  const below = Number(
    filter.And?.ObjectSizeLessThan ?? filter.ObjectSizeLessThan ?? Number.POSITIVE_INFINITY,
  )
  return (
    version.key.startsWith(prefixOf(rule)) &&
    tags.every(({ Key, Value }) => version.tags[Key ?? ''] === Value) &&
    (version.deleteMarker || (version.size > above && version.size < below))
  )
}
