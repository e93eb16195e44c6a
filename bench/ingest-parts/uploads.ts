import { derivedUuid } from '../../backend/src/domain/derived-uuid.ts'
import { parseSample } from '../../backend/src/domain/parse-sample.ts'
import type { Sample, StoredSample } from '../../backend/src/domain/sample.ts'
import { WATCH_TYPES, watchSeries } from './watch-year.ts'

/** How a client sends its days: one metric after another, as HealthKit's queries give them, or all by time. */
export type Sending = { uploadsADay: number; order: 'by metric' | 'by time' }

/** A client's uploads, in the order of time; those of a day hold what began in an equal part of it. */
export function* clientUploads(
  start: number,
  days: number,
  { uploadsADay, order }: Sending,
): Generator<Sample[]> {
  const series = WATCH_TYPES.map(type => watchSeries(type, start, days, 'client'))
  const partMs = 86_400_000 / uploadsADay
  for (let day = 0; day < days; day++) {
    const all = series.flatMap(one => one.next().value as Sample[])
    const at = ({ start }: Sample): number => Date.parse(start)
    if (order === 'by time') all.sort((a, b) => at(a) - at(b))
    const parts = Map.groupBy(all, sample => Math.floor(at(sample) / partMs))
    for (const part of [...parts.keys()].sort((a, b) => a - b)) yield parts.get(part) as Sample[]
  }
}

/** An export's samples as a worker merges them: type after type, 10,000 at a time. */
export function* exportBatches(
  start: number,
  days: number,
  upload: string,
  now: number,
): Generator<StoredSample[]> {
  let batch: StoredSample[] = []
  for (const type of WATCH_TYPES)
    for (const day of watchSeries(type, start, days, 'export')) {
      for (const sample of day) {
        sample.uuid = derivedUuid(sample)
        const result = parseSample(sample, now)
        if (!result.ok) throw new Error(JSON.stringify(result.faults))
        batch.push({ ...result.parsed, upload, derived: true })
        if (batch.length < 10_000) continue
        yield batch
        batch = []
      }
    }
  yield batch
}
