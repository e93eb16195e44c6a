import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { createEventHub, type HubDeps } from './hub.ts'

/** `GET /events`: server-sent events of a user's uploads, imports and insights, until the process stops. */
export function eventRoutes(deps: HubDeps): FastifyPluginAsyncTypebox {
  return async app => {
    const hub = createEventHub(deps)
    app.addHook('preClose', async () => hub.close())
    app.get(
      '/events',
      {
        config: { problems: { 429: 'Five streams of yours are open' } },
        schema: {
          tags: ['events'],
          summary: 'Progress as it happens',
          description:
            'Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): `upload`, `import`, `deletions`, `export`, `rebuild` with {upload_id, status, …}, `insight` with {insight_id, status}. Events of the last day are repeated after the one that Last-Event-ID names; `reset` says that it is older, and that everything should be read anew. A stream ends after ten minutes; come back.',
          headers: Type.Object({
            'last-event-id': Type.Optional(
              Type.String({ maxLength: 80, description: 'The id of the last event seen.' }),
            ),
          }),
          response: {
            200: {
              description: 'A stream of events.',
              content: { 'text/event-stream': { schema: Type.String() } },
            },
          },
        },
      },
      async (request, reply) => {
        const stream = hub.open(request.user.id, request.headers['last-event-id'])
        if (stream === 'too_many_of_user')
          throw new Problem(429, 'too_many_streams', 'Too many streams', 'close one of your streams first', {
            headers: { 'retry-after': '10' },
          })
        if (stream === 'too_many')
          throw new Problem(
            503,
            'service_unavailable',
            'Not available just now',
            'too many streams are open',
            {
              headers: { 'retry-after': '10' },
            },
          )
        // The type of an answer is that of its schema, which says what the stream holds.
        return reply
          .type('text/event-stream; charset=utf-8')
          .header('x-accel-buffering', 'no')
          .send(stream as never)
      },
    )
  }
}
