import Type from 'typebox'

const LocalDate = (description: string) => Type.Optional(Type.String({ format: 'date', description }))

export const Period = Type.Object({
  from: LocalDate('First local date. Default: a fortnight before the last'),
  to: LocalDate('Last local date. Default: today'),
})

const Uuid = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })

export const Id = Type.Object({ id: Uuid })

export const Page = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Uuid),
})

export const Insight = Type.Object(
  {
    insight_id: Type.String(),
    from: Type.String(),
    to: Type.String(),
    narrative: Type.String(),
    facts: Type.Array(
      Type.Object({
        id: Type.String(),
        text: Type.String({ description: 'Days are counted back from the last day of the period' }),
        value: Type.Number(),
        unit: Type.String(),
        metric: Type.Union([Type.String(), Type.Null()]),
      }),
    ),
    generated_by: Type.Union([Type.Literal('gemini'), Type.Literal('deterministic')]),
    model: Type.Optional(Type.String({ description: 'The model that worded it, as it names itself' })),
    reason: Type.Optional(Type.String({ description: 'Why the text is deterministic' })),
    confidence: Type.Number({ minimum: 0, maximum: 1, description: 'From the coverage of the data' }),
    generated_at: Type.String(),
  },
  { title: 'Insight' },
)

export const Insights = Type.Object({
  insights: Type.Array(Insight),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
