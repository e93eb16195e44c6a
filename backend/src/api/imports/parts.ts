import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { ImportStore, PendingImport } from '../../adapters/dynamodb/import-store.ts'
import type { MultipartStore, StoredPart } from '../../adapters/s3/multipart.ts'
import { exportFormat, FORMAT_HEAD_BYTES } from '../../domain/export-format.ts'
import { uploadId } from '../../domain/upload.ts'
import { Problem } from '../../problem.ts'
import { Accepted, dependency, type IntakeDeps } from '../upload-intake.ts'
import {
  importHash,
  notAnExport,
  PART_URL_SECONDS,
  Parts,
  type PartsOffer,
  partCount,
  sizeOf,
} from './offer.ts'
import { takeInImport } from './take-in-import.ts'

export interface PartsDeps extends IntakeDeps {
  imports: ImportStore
  multipart: MultipartStore
}

/** `GET`, `DELETE /imports/:id` and `POST /imports/:id/complete`: an import that is sent to S3 in parts. */
export function importPartRoutes(deps: PartsDeps): FastifyPluginAsyncTypebox {
  const params = Type.Object({ id: Type.String({ maxLength: 100 }) })
  const tags = ['health data']

  async function pendingOf(userId: string, id: string): Promise<PendingImport> {
    const pending = await dependency(deps, 'table', () => deps.imports.get(userId, id))
    if (!pending) throw new Problem(404, 'not_found', 'Not found', 'you have begun no import of this id')
    return pending
  }

  return async app => {
    app.get(
      '/imports/:id',
      {
        schema: {
          tags,
          summary: 'How far a multipart import has come',
          description:
            'With fresh URLs for the parts that are missing, so that sending can be taken up again.',
          params,
          response: { 200: Parts },
        },
      },
      async request => {
        const pending = await pendingOf(request.user.id, request.params.id)
        const { key, s3UploadId } = pending
        const stored = await dependency(deps, 'bucket', () => deps.multipart.parts(key, s3UploadId))
        return offer(deps, pending, stored)
      },
    )

    app.post(
      '/imports/:id/complete',
      {
        schema: {
          tags,
          summary: 'Complete a multipart import',
          description:
            'Puts the parts together and queues the import. May be repeated: it is the same upload.',
          params,
          response: { 202: Accepted },
        },
      },
      async (request, reply) => {
        const userId = request.user.id
        const pending = await pendingOf(userId, request.params.id)
        const { id, key, s3UploadId } = pending
        const stored = await dependency(deps, 'bucket', () => deps.multipart.parts(key, s3UploadId))
        if (stored) {
          refuseIncomplete(pending, stored)
          await dependency(deps, 'bucket', () => deps.multipart.complete(key, s3UploadId, stored))
        }
        await refuseOther(deps, key)
        const receivedAt = await dependency(deps, 'table', () => deps.imports.completing(userId, id))
        const contentHash = importHash(id)
        const upload = await takeInImport(deps, { userId, contentHash, key, receivedAt })
        reply.code(202).header('location', `/api/v1/uploads/${upload.id}`)
        return { upload_id: upload.id, status: upload.status }
      },
    )

    app.delete(
      '/imports/:id',
      {
        schema: {
          tags,
          summary: 'Give up a multipart import',
          description: 'Removes the parts that have come. An import that is completed stays.',
          params,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const userId = request.user.id
        const { id, key, s3UploadId } = await pendingOf(userId, request.params.id)
        await dependency(deps, 'bucket', () => deps.multipart.abort(key, s3UploadId))
        await dependency(deps, 'table', () => deps.imports.remove(userId, id))
        reply.code(204)
        return null
      },
    )
  }
}

/** An import as its client is told of it. */
export async function offer(
  deps: Pick<PartsDeps, 'multipart' | 'log'>,
  pending: PendingImport,
  stored: readonly StoredPart[] | undefined,
): Promise<PartsOffer> {
  const { id, key, s3UploadId, size, partSize } = pending
  const count = partCount(pending)
  const good = (stored ?? []).filter(part => part.size === sizeOf(pending, part.number))
  const have = new Set(good.map(({ number }) => number))
  const missing = stored ? Array.from({ length: count }, (_, i) => i + 1).filter(n => !have.has(n)) : []
  const parts = await dependency(deps, 'bucket', () =>
    Promise.all(
      missing.map(async number => ({
        number,
        size: sizeOf(pending, number),
        url: await deps.multipart.partUrl(key, s3UploadId, number, PART_URL_SECONDS),
      })),
    ),
  )
  return {
    import_id: id,
    status: stored ? 'open' : 'completed',
    size,
    part_size: partSize,
    part_count: count,
    received_parts: have.size,
    urls_valid_seconds: PART_URL_SECONDS,
    parts,
  }
}

function refuseIncomplete(pending: PendingImport, stored: readonly StoredPart[]): void {
  const sizes = new Map(stored.map(({ number, size }) => [number, size]))
  const errors = []
  for (let number = 1; number <= partCount(pending); number++) {
    const found = sizes.get(number)
    if (found === sizeOf(pending, number)) continue
    const message = `must have ${sizeOf(pending, number)} bytes; ${found === undefined ? 'it has not come' : `${found} have come`}`
    errors.push({ field: `parts/${number}`, message, code: found === undefined ? 'missing' : 'wrong_size' })
  }
  if (errors.length === 0) return
  const detail = `${errors.length} parts are missing or of another size; GET /api/v1/imports/${pending.id} gives their URLs`
  throw new Problem(409, 'import_incomplete', 'The import is not complete', detail, { errors })
}

async function refuseOther(deps: PartsDeps, key: string): Promise<void> {
  const size = await dependency(deps, 'bucket', () => deps.raw.size(key))
  if (size === undefined)
    throw new Problem(
      410,
      'import_gone',
      'The import is gone',
      'it was given up or has expired; begin a new one',
    )
  const head: Buffer[] = []
  await dependency(deps, 'bucket', async () => {
    for await (const bytes of await deps.raw.get(key, 0, Math.min(FORMAT_HEAD_BYTES, size) - 1))
      head.push(bytes as Buffer)
  })
  if (exportFormat(Buffer.concat(head))) return
  await dependency(deps, 'bucket', () => deps.raw.remove(key))
  throw notAnExport()
}

/** The id of the upload that an import becomes. */
export function uploadOfImport(userId: string, importId: string): string {
  return uploadId(userId, importHash(importId))
}
