import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { SampleStore } from '../../adapters/dynamodb/sample-store.ts'
import type { Clock } from '../../domain/clock.ts'
import { addDays } from '../../domain/instant.ts'
import { rhythmReport } from '../../domain/rhythm/report.ts'
import type { Log } from '../../logging.ts'
import { periodOf } from '../measures/period.ts'
import { dependency } from '../upload-intake.ts'
import { LEGACY, wholeSeconds } from './answers.ts'

/** What this analysis is, so that nobody takes it for the model whose name the path has. */
const METHOD = 'nonparametric-actigraphy-v1, step-based'

/** `POST /pat/analysis`: the earlier clients' question, answered from measured rhythm and not by a transformer. */
export function legacyAnalysisRoutes(deps: {
  samples: Pick<SampleStore, 'readDays'>
  clock: Clock
  log: Log
}): FastifyPluginAsyncTypebox {
  return async app => {
    app.post(
      '/pat/analysis',
      {
        schema: {
          ...LEGACY,
          summary: 'Rhythm of the last four weeks, as the earlier clients ask for it',
          description:
            'Measured from the stored steps by published formulas, see GET /api/v1/rhythm; no model takes part, and points sent along are not used. Sleep is not told from movement: see GET /api/v1/sleep.',
          body: Type.Object({}, { additionalProperties: true }),
          response: { 200: Analysis },
        },
      },
      async request => {
        const { from, to } = periodOf({}, deps.clock)
        const steps = await dependency(deps, 'table', () =>
          deps.samples.readDays(request.user.id, 'steps', addDays(from, -1), to),
        )
        const found = rhythmReport(steps, from, to)
        const now = wholeSeconds(deps.clock.now())
        const id = crypto.randomUUID()
        const known = { id, analysis_id: id, method: METHOD, created_at: now, completed_at: now }
        const { reason } = found.interdailyStability
        if (reason !== undefined)
          return {
            ...known,
            status: 'failed' as const,
            pat_features: null,
            analysis: null,
            error_message: reason,
          }
        const features = Object.entries({
          interdaily_stability: found.interdailyStability,
          intradaily_variability: found.intradailyVariability,
          relative_amplitude: found.relativeAmplitude,
          l5: found.leastActive5h,
          l5_onset_minutes: found.leastActive5hOnset,
          m10: found.mostActive10h,
          m10_onset_minutes: found.mostActive10hOnset,
        }).flatMap(([name, { value }]) => (value === null ? [] : [[name, value] as const]))
        return {
          ...known,
          status: 'completed' as const,
          pat_features: Object.fromEntries(features),
          analysis: null,
          message: `measured from steps on ${found.interdailyStability.have} days; sleep stages and clinical insights are not, so there are none`,
        }
      },
    )
  }
}

const Analysis = Type.Object({
  id: Type.String(),
  analysis_id: Type.String(),
  method: Type.String(),
  status: Type.Enum(['completed', 'failed']),
  pat_features: Type.Union([Type.Record(Type.String(), Type.Number()), Type.Null()]),
  analysis: Type.Null(),
  message: Type.Optional(Type.String()),
  error_message: Type.Optional(Type.String()),
  created_at: Type.String(),
  completed_at: Type.String(),
})
