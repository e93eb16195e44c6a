import Type from 'typebox'

const LocalDate = (description: string) => Type.Optional(Type.String({ format: 'date', description }))

export const Period = Type.Object({
  from: LocalDate('First local date. Default: a fortnight before the last'),
  to: LocalDate('Last local date. Default: today'),
})

/** Longest question, in characters. */
export const MAX_QUESTION = 300

export const Question = Type.Object(
  {
    question: Type.String({
      minLength: 3,
      maxLength: MAX_QUESTION,
      pattern: '\\S',
      description: 'What to ask of your own data of the last 90 days',
      examples: ['Did I sleep longer in the last two weeks?'],
    }),
  },
  { additionalProperties: false },
)

export const Streaming = Type.Object({
  stream: Type.Optional(
    Type.Boolean({ description: 'Server-sent events, as by `Accept: text/event-stream`' }),
  ),
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
    question: Type.Optional(Type.String({ description: 'What was asked, where it answers a question' })),
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

/** An insight that was there, or a stream. */
export const InsightOrStream = {
  description: 'The insight of the same facts, made earlier; or, where asked for, a stream of events.',
  content: {
    'application/json': { schema: Insight },
    'text/event-stream': { schema: Type.String() },
  },
}

const SIGN_IN = { 401: 'unauthorized, invalid_token' }
const DEPENDENCIES = {
  500: 'internal_error',
  503: 'service_unavailable, identity_unavailable: ask again later',
}

/** Problems of reading. */
export const READING = { ...SIGN_IN, 422: 'validation_error', ...DEPENDENCIES }

/** Problems of asking for an insight. */
export const ASKING = {
  ...SIGN_IN,
  400: 'malformed_request',
  410: 'account_erased',
  413: 'too_large',
  415: 'unsupported_media_type',
  422: 'validation_error; no_data: nothing to speak of',
  ...DEPENDENCIES,
}
