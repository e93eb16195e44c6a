import { addDays } from '../../domain/instant.ts'
import type { Metric } from '../../domain/metrics/metric.ts'
import type { StoredSample } from '../../domain/sample.ts'
import { datesTouchedBy, summarize, windowOf } from '../../domain/summarize.ts'
import { type ChunkItem, queryChunks, samplesOf } from './chunk-items.ts'
import { inParallel } from './in-parallel.ts'
import { putSummary } from './summary-items.ts'
import type { Table } from './table.ts'

/**
 * Renews the summaries that samples of some days can change, from the chunks as they are.
 * @param seen how a chunk is to be seen where it is about to change: its samples then, and its version then
 */
export async function renewSummaries(
  table: Table,
  userId: string,
  metric: Metric,
  days: readonly string[],
  seen: (chunk: ChunkItem, samples: StoredSample[]) => Seen | Promise<Seen> = asItIs,
): Promise<void> {
  const dates = [...new Set(days.flatMap(day => datesTouchedBy(metric, day)))].sort()
  const { before, after } = windowOf(metric)
  for (const run of runsOf(dates)) {
    const range = {
      userId,
      metric: metric.name,
      fromDay: addDays(run[0] as string, -before),
      toDay: addDays(run.at(-1) as string, after),
    }
    const chunks = await Array.fromAsync(queryChunks(table, range, { consistent: true }))
    const views: (Seen & { day: string })[] = []
    for (const chunk of chunks) views.push({ day: chunk.day, ...(await seen(chunk, samplesOf(chunk))) })
    await inParallel(run, async date => {
      const near = views.filter(({ day }) => day >= addDays(date, -before) && day <= addDays(date, after))
      const basis = near.reduce((sum, { version }) => sum + version, 0)
      const samples = near.flatMap(view => view.samples)
      await putSummary(table, userId, metric.name, date, summarize(metric, date, samples), basis)
    })
  }
}

interface Seen {
  samples: StoredSample[]
  version: number
}

function asItIs({ version }: ChunkItem, samples: StoredSample[]): Seen {
  return { samples, version }
}

/** Sorted dates in runs without gaps of more than a week, so that one query reads no years in between. */
function runsOf(dates: readonly string[]): string[][] {
  const runs: string[][] = []
  for (const date of dates) {
    const run = runs.at(-1)
    if (run && date <= addDays(run.at(-1) as string, 7)) run.push(date)
    else runs.push([date])
  }
  return runs
}
