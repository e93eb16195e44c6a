import Type from 'typebox'
import type { Measure } from '../../domain/measure.ts'

const Nullable = <T extends Type.TSchema>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description })

/** A number, or null where there is none. */
export const MaybeNumber = (description?: string) => Nullable(Type.Number(), description)

/** A text, or null where there is none. */
export const MaybeText = (description?: string) => Nullable(Type.String(), description)

/** How a figure was computed. */
export const MethodView = Type.Object({
  name: Type.String({ description: 'Stable name of the method.' }),
  source: Type.String({ description: 'Paper or page that describes it, and its conventions.' }),
})

/** A figure with its method and coverage. */
export const MeasureView = Type.Object(
  {
    value: MaybeNumber('Null where the data is too thin; see reason.'),
    unit: Type.String({ description: 'Unit of the value; empty for an index.' }),
    method: MethodView,
    coverage: Type.Object({
      have: Type.Integer({ description: 'How many had data.' }),
      of: Type.Integer({ description: 'How many there are in the period.' }),
      need: Type.Integer({ description: 'How many the method needs.' }),
      unit: Type.String({ description: 'What is counted: days, nights, day pairs.' }),
    }),
    reason: Type.Optional(Type.String({ description: 'Why there is no value.' })),
  },
  { title: 'Measure' },
)

/** A figure as the API gives it. */
export function measureView({ value, valueUnit, method, have, of, need, unit, reason }: Measure) {
  const coverage = { have, of, need, unit }
  return { value, unit: valueUnit, method, coverage, ...(reason !== undefined && { reason }) }
}

/** Answers of a route that gives an `ETag`. */
export function conditional<T extends Type.TSchema>(schema: T) {
  return {
    200: schema,
    304: Type.Null({ description: 'Not changed since the answer whose ETag If-None-Match names.' }),
  }
}
