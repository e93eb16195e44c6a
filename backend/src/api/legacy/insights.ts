import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { type CreateInsightDeps, createInsight } from '../../domain/insights/create-insight.ts'
import type { Log } from '../../logging.ts'
import { Problem } from '../../problem.ts'
import { dependency } from '../upload-intake.ts'
import { LEGACY, NOT_YOURS, onlyOwn } from './answers.ts'

/** `POST /insights/generate` and `GET /insights/history/{user}`, as the earlier clients ask for them. */
export function legacyInsightRoutes(deps: CreateInsightDeps & { log: Log }): FastifyPluginAsyncTypebox {
  return async app => {
    app.post(
      '/insights/generate',
      {
        schema: {
          ...LEGACY,
          summary: 'Say what the last fortnight shows, as the first iOS client asks for it',
          description: 'The figures that a client sends along are not used: those of its stored data are.',
          body: Type.Object({ insight_type: Type.Optional(Type.String({ maxLength: 64 })) }),
          response: { 200: Generated },
        },
      },
      async request => {
        const made = await dependency(deps, 'table', () => createInsight(deps, request.user.id, {}))
        if (!made.ok)
          throw new Problem(422, 'no_data', 'No data to speak of', 'there is no data of the last fortnight')
        const { insight } = made
        return {
          success: true,
          data: {
            user_id: request.user.id,
            narrative: insight.narrative,
            key_insights: insight.facts.map(({ text }) => text),
            recommendations: [],
            confidence_score: insight.confidence,
            generated_at: insight.generatedAt,
          },
          metadata: { insight_id: insight.id, generated_by: insight.generatedBy },
        }
      },
    )

    app.get(
      '/insights/history/:userId',
      {
        config: NOT_YOURS,
        schema: {
          ...LEGACY,
          summary: 'Earlier insights, as the first iOS client reads them',
          params: Type.Object({ userId: Type.String({ maxLength: 64 }) }),
          querystring: Type.Object({
            limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
            offset: Type.Integer({ minimum: 0, maximum: 900, default: 0 }),
          }),
          response: { 200: History },
        },
      },
      async request => {
        onlyOwn(request, request.params.userId)
        const { limit, offset } = request.query
        // The store goes from page to page, not to the nth; one more tells whether there are more.
        const found = await dependency(deps, 'table', () =>
          deps.store.list(request.user.id, offset + limit + 1),
        )
        const page = found.slice(offset, offset + limit)
        return {
          success: true,
          data: {
            insights: page.map(({ id, narrative, generatedAt, confidence, facts }) => ({
              id,
              narrative,
              generated_at: generatedAt,
              confidence_score: confidence,
              key_insights_count: facts.length,
              recommendations_count: 0,
            })),
            total_count: found.length,
            has_more: found.length > offset + limit,
            pagination: { page: Math.floor(offset / limit) + 1, limit },
          },
        }
      },
    )
  }
}

const Generated = Type.Object({
  success: Type.Boolean(),
  data: Type.Object({
    user_id: Type.String(),
    narrative: Type.String(),
    key_insights: Type.Array(Type.String()),
    recommendations: Type.Array(Type.String(), { description: 'Always empty: nothing here gives advice.' }),
    confidence_score: Type.Number(),
    generated_at: Type.String(),
  }),
  metadata: Type.Object({ insight_id: Type.String(), generated_by: Type.String() }),
})

const History = Type.Object({
  success: Type.Boolean(),
  data: Type.Object({
    insights: Type.Array(
      Type.Object({
        id: Type.String(),
        narrative: Type.String(),
        generated_at: Type.String(),
        confidence_score: Type.Number(),
        key_insights_count: Type.Integer(),
        recommendations_count: Type.Integer(),
      }),
    ),
    total_count: Type.Integer({
      description: 'At least so many: what lies behind the next page is not counted.',
    }),
    has_more: Type.Boolean(),
    pagination: Type.Object({ page: Type.Integer(), limit: Type.Integer() }),
  }),
})
