import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { failureReason } from '../health/checks.ts'
import { Accepted, dependency, type IntakeDeps, takeIn } from '../upload-intake.ts'
import { readExport } from './read-export.ts'

export interface ImportDeps extends IntakeDeps {
  /** Largest body in bytes. @default 512 MiB */
  maxImportBytes?: number
}

/** `POST /imports`: an Apple Health export as a stream, which is never held in memory. */
export function importRoutes(deps: ImportDeps): FastifyPluginAsyncTypebox {
  const limit = deps.maxImportBytes ?? 512 * 1024 * 1024
  return async app => {
    // Whatever the client calls it: the first bytes tell. These parsers are this plugin's own.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    app.post(
      '/imports',
      {
        bodyLimit: limit,
        // A stream cannot be held against a schema.
        validatorCompiler: () => value => ({ value }),
        schema: {
          tags: ['health data'],
          summary: 'Import an Apple Health export',
          description: `The body is export.xml or the zip that the Health app makes, of at most ${limit} bytes. The same export again is the same upload.`,
          consumes: ['application/zip', 'application/xml', 'application/octet-stream'],
          body: Type.String({ format: 'binary' }),
          response: { 202: Accepted },
        },
      },
      async (request, reply) => {
        const userId = request.user.id
        const receivedAt = new Date(deps.clock.now()).toISOString()
        // Its hash is known only at its end, so that it cannot be part of the name.
        const key = `raw/${userId}/import-${randomUUID()}`
        const incoming = await readExport(request.body as unknown as Readable | undefined, limit)
        try {
          await dependency(deps, 'bucket', () => deps.raw.putStream(key, incoming.body, incoming.contentType))
        } catch (error) {
          // What remains of the body will not be read: the connection cannot be used again.
          reply.header('connection', 'close')
          throw incoming.fault() ?? error
        }
        const contentHash = incoming.hash()
        const upload = await takeIn(deps, { userId, contentHash, kind: 'import', key, receivedAt })
        // The body is there already under the first one's key. That this copy stays where it cannot be removed hurts nobody.
        if (upload.key !== key)
          await deps.raw
            .remove(key)
            .catch(error =>
              deps.log.warn('copy not removed', { dependency: 'bucket', reason: failureReason(error) }),
            )
        reply.code(202).header('location', `/api/v1/uploads/${upload.id}`)
        return { upload_id: upload.id, status: upload.status }
      },
    )
  }
}
