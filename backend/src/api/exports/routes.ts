import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type, { type Static } from 'typebox'
import type { Downloads } from '../../adapters/s3/downloads.ts'
import type { Upload } from '../../domain/upload.ts'
import { Problem } from '../../problem.ts'
import type { WrittenExport } from '../../worker/export/write-export.ts'
import { answerOnce, IdempotencyHeaders } from '../idempotency.ts'
import { dependency, type IntakeDeps, Status, takeIn } from '../upload-intake.ts'

export interface ExportRouteDeps extends IntakeDeps {
  downloads: Downloads
}

/** How long a download's URL holds; GET gives a fresh one. */
const URL_SECONDS = 900

/** `POST /exports` asks for everything that a user has, `GET /exports/:id` tells how far it is and where to fetch it. */
export function exportRoutes(deps: ExportRouteDeps): FastifyPluginAsyncTypebox {
  return async app => {
    app.post(
      '/exports',
      {
        schema: {
          tags: ['account'],
          summary: 'Export everything',
          description:
            'ndjson: every sample as it was sent, every summary, deletion and other record, a line of JSON each. ' +
            'fhir: every sample as a FHIR R4 Observation with LOINC and UCUM codes, a line of JSON each. ' +
            'What was sent before is in it. The file is kept for seven days.',
          headers: IdempotencyHeaders,
          body: Body,
          response: { 202: View },
        },
      },
      async (request, reply) => {
        const { format } = request.body
        return answerOnce(deps, request, reply, format, async () => {
          const receivedAt = new Date(deps.clock.now()).toISOString()
          const given = { userId: request.user.id, kind: 'export', key: format, receivedAt } as const
          const upload = await takeIn(deps, { ...given, contentHash: `export ${randomUUID()}` })
          return { status: 202, location: `/api/v1/exports/${upload.id}`, body: viewOf(upload) }
        })
      },
    )

    app.get(
      '/exports/:id',
      {
        schema: {
          tags: ['account'],
          summary: 'Status of an export',
          description: `With a URL to fetch it, which holds for ${URL_SECONDS} seconds.`,
          params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
          response: { 200: View },
        },
      },
      async request => {
        const upload = await dependency(deps, 'table', () =>
          deps.uploads.get(request.user.id, request.params.id),
        )
        if (upload?.kind !== 'export')
          throw new Problem(404, 'not_found', 'Not found', 'you have no export of this id')
        const view = viewOf(upload)
        const { result } = upload
        if (upload.status !== 'processed' || !result) return view
        const written = result as unknown as WrittenExport
        const { samples, lines, bytes, sha256, content_type } = written
        const there = await dependency(deps, 'bucket', () => deps.raw.size(written.key))
        if (there === undefined) return { ...view, expired: true }
        const url = await dependency(deps, 'bucket', () => deps.downloads.url(written.key, URL_SECONDS))
        const download = { url, valid_seconds: URL_SECONDS, content_type, content_encoding: 'gzip' as const }
        return { ...view, samples, lines, bytes, sha256, download }
      },
    )
  }
}

const Body = Type.Object({ format: Type.Enum(['ndjson', 'fhir']) }, { additionalProperties: false })

const View = Type.Object({
  export_id: Type.String({ format: 'uuid' }),
  format: Type.Enum(['ndjson', 'fhir']),
  status: Status,
  requested_at: Type.String(),
  completed_at: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  expired: Type.Optional(Type.Boolean({ description: 'The file is gone; ask for a new export.' })),
  samples: Type.Optional(Type.Integer()),
  lines: Type.Optional(Type.Integer()),
  bytes: Type.Optional(Type.Integer({ description: 'Unpacked.' })),
  sha256: Type.Optional(Type.String({ description: 'Of the file, unpacked.' })),
  download: Type.Optional(
    Type.Object({
      url: Type.String(),
      valid_seconds: Type.Integer(),
      content_type: Type.String(),
      content_encoding: Type.Literal('gzip'),
    }),
  ),
})

function viewOf(upload: Upload): Static<typeof View> {
  return {
    export_id: upload.id,
    format: upload.key as 'ndjson' | 'fhir',
    status: upload.status,
    requested_at: upload.receivedAt,
    ...(upload.processedAt && { completed_at: upload.processedAt }),
    ...(upload.reason && { reason: upload.reason }),
  }
}
