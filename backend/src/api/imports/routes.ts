import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { whenUsed } from '../../domain/when-used.ts'
import { failureReason } from '../health/checks.ts'
import { answerOnce, IdempotencyHeaders } from '../idempotency.ts'
import { Accepted, dependency } from '../upload-intake.ts'
import { allButBody, validationProblem } from '../validation.ts'
import { BeginBody, MAX_IMPORT_BYTES, Parts, partSizeFor } from './offer.ts'
import { importPartRoutes, offer, type PartsDeps } from './parts.ts'
import { readExport } from './read-export.ts'
import { takeInImport } from './take-in-import.ts'

export interface ImportDeps extends PartsDeps {
  /** Largest body of a direct import in bytes; larger ones are sent in parts. @default 512 MiB */
  maxImportBytes?: number
}

/** `POST /imports`: an Apple Health export as a stream, which is never held in memory, or the beginning of one in parts. */
export function importRoutes(deps: ImportDeps): FastifyPluginAsyncTypebox {
  const limit = deps.maxImportBytes ?? 512 * 1024 * 1024
  return async app => {
    await app.register(importPartRoutes(deps))
    // Whatever the client calls it: the first bytes tell. These parsers are this plugin's own.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    app.post(
      '/imports',
      {
        bodyLimit: limit,
        // A stream cannot be held against a schema.
        validatorCompiler: allButBody,
        schema: {
          tags: ['health data'],
          summary: 'Import an Apple Health export',
          description:
            `The body is export.xml or the zip that the Health app makes, of at most ${limit} bytes; the same export again is the same upload. ` +
            `Or it is JSON with the size of an export of up to ${MAX_IMPORT_BYTES} bytes: then the answer is 201 with URLs to which its parts are put, ` +
            'and POST /imports/{id}/complete when they are there.',
          headers: IdempotencyHeaders,
          body: {
            content: {
              'application/json': { schema: BeginBody },
              'application/zip': { schema: BINARY },
              'application/xml': { schema: BINARY },
              'application/octet-stream': { schema: BINARY },
            },
          },
          response: { 201: Parts, 202: Accepted },
        },
      },
      async (request, reply) => {
        const body = request.body as unknown as Readable | undefined
        if (/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
          const size = await sizeAsked(body)
          return answerOnce(deps, request, reply, `import ${size}`, () => begin(request.user.id, size))
        }
        const upload = await takeStream(request.user.id, body).catch(error => {
          // What remains of the body will not be read: the connection cannot be used again.
          reply.header('connection', 'close')
          throw error
        })
        reply.code(202).header('location', `/api/v1/uploads/${upload.id}`)
        return { upload_id: upload.id, status: upload.status }
      },
    )
  }

  async function begin(userId: string, size: number) {
    const id = randomUUID()
    const key = `raw/${userId}/import-${id}`
    const s3UploadId = await dependency(deps, 'bucket', () => deps.multipart.begin(key))
    const pending = { id, key, s3UploadId, size, partSize: partSizeFor(size) }
    await dependency(deps, 'table', () => deps.imports.put(userId, pending))
    const location = `/api/v1/imports/${id}`
    return { status: 201, location, body: await offer(deps, pending, []) }
  }

  async function takeStream(userId: string, body: Readable | undefined) {
    const receivedAt = new Date(deps.clock.now()).toISOString()
    // Its hash is known only at its end, so that it cannot be part of the name.
    const key = `raw/${userId}/import-${randomUUID()}`
    const incoming = await readExport(body, limit)
    try {
      await dependency(deps, 'bucket', () => deps.raw.putStream(key, incoming.body, incoming.contentType))
    } catch (error) {
      throw incoming.fault() ?? error
    }
    const upload = await takeInImport(deps, { userId, contentHash: incoming.hash(), key, receivedAt })
    // The body is there already under the first one's key. That this copy stays where it cannot be removed hurts nobody.
    if (upload.key !== key)
      await deps.raw
        .remove(key)
        .catch(error =>
          deps.log.warn('copy not removed', { dependency: 'bucket', reason: failureReason(error) }),
        )
    return upload
  }
}

const BINARY = Type.String({ format: 'binary' })
const begin = whenUsed(() => Compile(BeginBody))
/** More than that is no request to begin an import. */
const MOST_JSON = 1000

async function sizeAsked(body: Readable | undefined): Promise<number> {
  let text = ''
  for await (const bytes of body ?? []) {
    text += String(bytes)
    if (text.length > MOST_JSON) break
  }
  const given = parsed(text)
  if (begin().Check(given)) return given.size
  const message = `must be {"size": bytes}, at most ${MAX_IMPORT_BYTES}`
  throw validationProblem([{ field: '', message, code: 'bad_size' }])
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
