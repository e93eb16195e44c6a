import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { UploadStore } from '../../adapters/dynamodb/upload-store.ts'
import type { Log } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import { dependency, Status } from '../upload-intake.ts'

/** `GET /uploads/:id`: how far an upload has come. Another user's id is as unknown as one that never was. */
export function uploadRoutes(deps: {
  uploads: Pick<UploadStore, 'get'>
  log: Log
}): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/uploads/:id',
      {
        schema: {
          tags: ['health data'],
          summary: 'Status of an upload',
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          response: { 200: UploadView },
        },
      },
      async request => {
        const upload = await dependency(deps, 'table', () =>
          deps.uploads.get(request.user.id, request.params.id),
        )
        const kind = upload && KINDS.find(known => known === upload.kind)
        if (!kind) throw new Problem(404, 'not_found', 'Not found', 'you have no upload of this id')
        return {
          upload_id: upload.id,
          kind,
          status: upload.status,
          counts: upload.counts,
          received_at: upload.receivedAt,
          ...(upload.processedAt && { processed_at: upload.processedAt }),
          ...(upload.reason && { reason: upload.reason }),
          ...(upload.rejections?.length && { rejections: upload.rejections }),
          ...(upload.progress && { progress: upload.progress }),
        }
      },
    )
  }
}

/** What is an upload; other pieces of work have routes of their own. */
const KINDS = ['samples', 'import', 'deletions'] as const

const count = (description: string) => Type.Integer({ minimum: 0, description })

const UploadView = Type.Object({
  upload_id: Type.String({ format: 'uuid' }),
  kind: Type.Enum([...KINDS]),
  status: Status,
  counts: Type.Object({
    accepted: count('New samples.'),
    duplicate: count('Samples that were there already, or came twice.'),
    rejected: count('Records that cannot be stored; see rejections.'),
  }),
  received_at: Type.String(),
  processed_at: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String({ description: 'Why it failed, and what to do.' })),
  progress: Type.Optional(
    Type.Object(
      {
        bytes: Type.Integer({ description: 'Read so far.' }),
        total: Type.Integer({ description: 'Of the XML.' }),
        samples: Type.Integer({ description: 'Seen so far, stored or refused.' }),
      },
      { description: 'Of an import: how far it has come.' },
    ),
  ),
  rejections: Type.Optional(
    Type.Array(
      Type.Object({ type: Type.String(), code: Type.String(), count: Type.Integer({ minimum: 1 }) }),
    ),
  ),
})
