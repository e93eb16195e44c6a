import type { Service, ServiceContext } from '../../core/service.ts'
import { createFilteredMetrics } from './filtered-metrics.ts'
import { groupOperations, keptFrom } from './groups.ts'
import { insightsOperations } from './insights/insights.ts'
import { metricFilterOperations } from './metric-filters.ts'
import { createPutEvents } from './put-events.ts'
import { queryOperations } from './query-events.ts'
import { openRecords } from './records.ts'
import { resourcePolicyOperations } from './resource-policies.ts'
import { openStreamFiles } from './stream-files.ts'
import { streamOperations } from './streams.ts'
import { tagOperations } from './tags.ts'

/** How often what retention no longer keeps is removed from disk; readers do not see it even before. */
const SWEEP_MS = 3_600_000

/** CloudWatch Logs: groups, streams, events in append-only files, filters. */
export function createLogs(context: ServiceContext): Service {
  const records = openRecords(context)
  const files = openStreamFiles(context)
  const filtered = createFilteredMetrics(context, records)
  let cancelSweep = () => {}

  function applyRetention(): void {
    cancelSweep = context.clock.after(SWEEP_MS, applyRetention)
    for (const group of records.groups.list()) {
      if (group.retentionInDays === undefined) continue
      const kept = keptFrom(group, context.clock.now())
      for (const stream of records.streamsOf(group)) files.dropBefore(stream.id, kept)
    }
  }

  return {
    name: 'logs',
    protocol: 'json',
    targetPrefix: 'Logs_20140328',
    jsonVersion: '1.1',
    operations: {
      ...groupOperations(context, records, files),
      ...tagOperations(records),
      ...streamOperations(context, records, files),
      PutLogEvents: createPutEvents(context, records, files, filtered),
      ...queryOperations(context, records, files),
      ...insightsOperations(context, records, files),
      ...metricFilterOperations(context, records),
      ...resourcePolicyOperations(context),
    },
    start: async () => {
      const known = new Set(records.streams.list().map(stream => stream.id))
      await files.sweep(stream => known.has(stream))
      applyRetention()
    },
    stop: () => {
      cancelSweep()
      filtered.stop()
    },
  }
}
