import { findMetric } from '../domain/metrics/catalogue.ts'
import type { Metric } from '../domain/metrics/metric.ts'
import type { UploadPointer } from '../domain/upload.ts'
import type { Envelope, ProcessDeps } from './process-upload.ts'
import type { Tally } from './tally.ts'

/** Works off deletions: first the tombstones, then what is stored. May be repeated after any failure. */
export async function applyDeletions(
  deps: ProcessDeps,
  envelope: Envelope,
  pointer: UploadPointer,
  tally: Tally,
): Promise<void> {
  const deletions = envelope.deletions ?? []
  const uuids = [...new Set(deletions.map(({ uuid }) => uuid.toLowerCase()))]
  await deps.samples.entomb(pointer.user_id, uuids)
  const typed = Map.groupBy(deletions, ({ type }) => (type === undefined ? undefined : findMetric(type)))
  const anywhere = (typed.get(undefined) ?? []).map(({ uuid }) => uuid)
  if (anywhere.length > 0) await deps.samples.remove(pointer.user_id, anywhere)
  const metrics = [...typed.keys()].filter((metric): metric is Metric => metric !== undefined)
  if (metrics.length > 0) await deps.samples.remove(pointer.user_id, uuids, metrics)
  const day = { metric: 'deletions', day: pointer.upload_id, brought: uuids.length }
  tally.merged([day], deletions.length)
}
