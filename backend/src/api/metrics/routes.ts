import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { METRICS } from '../../domain/metrics/catalogue.ts'
import { type Metric, unitOf } from '../../domain/metrics/metric.ts'

/** `GET /metrics`: everything that can be sent and asked for. */
export function metricRoutes(): FastifyPluginAsyncTypebox {
  return async app => {
    app.get(
      '/metrics',
      { schema: { tags: ['health data'], summary: 'List the metrics', response: { 200: Catalogue } } },
      async () => ({ metrics: METRICS.map(describe) }),
    )
  }
}

function describe(metric: Metric) {
  return {
    name: metric.name,
    kind: metric.kind,
    healthkit_identifier: metric.healthkit,
    unit: unitOf(metric),
    aggregation: metric.aggregation,
    ...(metric.kind === 'quantity' && { accepted_units: Object.keys(metric.quantity.accepts) }),
    ...(metric.kind === 'quantity' && metric.quantity.ucum && { ucum: metric.quantity.ucum }),
    ...(metric.kind === 'category' && metric.values && { values: Object.keys(metric.values) }),
    ...(metric.loinc && { loinc: metric.loinc }),
    ...(metric.plausible && { plausible_range: [...metric.plausible] }),
  }
}

const Catalogue = Type.Object({
  metrics: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.Union([Type.Literal('quantity'), Type.Literal('category')]),
      healthkit_identifier: Type.String(),
      unit: Type.String({ description: 'Unit of the daily summaries.' }),
      aggregation: Type.Union([
        Type.Literal('sum'),
        Type.Literal('mean'),
        Type.Literal('last'),
        Type.Literal('duration'),
      ]),
      accepted_units: Type.Optional(Type.Array(Type.String())),
      ucum: Type.Optional(Type.String()),
      values: Type.Optional(Type.Array(Type.String(), { description: "Names of a category's values." })),
      loinc: Type.Optional(Type.String()),
      plausible_range: Type.Optional(
        Type.Array(Type.Number(), { description: 'Values outside it are kept and counted as flagged.' }),
      ),
    }),
  ),
})
