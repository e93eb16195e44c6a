import type { InsightStore } from '../../domain/insights/insight.ts'
import type { Upload, UploadPointer, WorkKind } from '../../domain/upload.ts'
import type { EventStore, UserEvent } from '../../domain/user-event.ts'
import type { UploadStore } from './upload-store.ts'

/**
 * Uploads whose progress is told to whoever listens: what was processed and what failed, and of an import how far it
 * has come. An event is one small write; it is told after what it speaks of is durable, and one that cannot be written
 * is given up, for the status of the upload says the same.
 */
export function announcingUploads(uploads: UploadStore, events: EventStore): UploadStore {
  const tell = async (pointer: UploadPointer, data: Record<string, unknown>): Promise<void> => {
    const type = TYPES[pointer.kind]
    if (type)
      await quietly(events.record(pointer.user_id, { type, data: { upload_id: pointer.upload_id, ...data } }))
  }
  return {
    ...uploads,
    start: async pointer => {
      const upload: Upload | undefined = await uploads.start(pointer)
      // Most other uploads are done within the second.
      if (upload && LONG.has(pointer.kind)) await tell(pointer, { status: 'processing' })
      return upload
    },
    advanced: async (pointer, progress, checkpoint) => {
      await uploads.advanced(pointer, progress, checkpoint)
      await tell(pointer, { status: 'processing', progress })
    },
    processed: async (pointer, outcome) => {
      await uploads.processed(pointer, outcome)
      await tell(pointer, { status: 'processed', ...(outcome.counts && { counts: outcome.counts }) })
    },
    failed: async (pointer, reason, counts) => {
      await uploads.failed(pointer, reason, counts)
      await tell(pointer, { status: 'failed', reason })
    },
  }
}

/** Insights that are told of when they are stored. */
export function announcingInsights(insights: InsightStore, events: EventStore): InsightStore {
  return {
    ...insights,
    put: async (...given: Parameters<InsightStore['put']>) => {
      await insights.put(...given)
      const [userId, { id }] = given
      await quietly(events.record(userId, { type: 'insight', data: { insight_id: id, status: 'ready' } }))
    },
  }
}

const TYPES: Record<WorkKind, UserEvent['type'] | undefined> = {
  samples: 'upload',
  import: 'import',
  deletions: 'deletions',
  export: 'export',
  rebuild: 'rebuild',
  erasure: undefined,
}

const LONG: ReadonlySet<WorkKind> = new Set(['import', 'export', 'rebuild'])

async function quietly(telling: Promise<void>): Promise<void> {
  await telling.catch(() => {})
}
