import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { whenUsed } from '../when-used.ts'
import { addDays, computeFacts, dayFacts, type Fact } from './facts.ts'
import { INSIGHT_METRICS } from './metrics.ts'
import { type PeriodData, within } from './period.ts'

/** A function that a model may call: https://ai.google.dev/api/caching#FunctionDeclaration */
export interface ToolDeclaration {
  name: string
  description: string
  parametersJsonSchema: object
}

/** What a call gives the model: facts with ids, or what was wrong with the call. */
export type ToolResult = { facts: Pick<Fact, 'id' | 'text' | 'value' | 'unit'>[] } | { error: string }

/** Functions over one person's data. Nothing in an argument or a result says whose data it is, or on which date. */
export interface FactTools {
  declarations: readonly ToolDeclaration[]
  /** Never rejects: what a model asks for wrongly, it is told. */
  call(name: string, args: unknown): ToolResult
  /** All that was fetched so far, each once. */
  facts(): Fact[]
  /** Coverage of what was fetched, between 0 and 1. */
  confidence(): number
}

/** Longest period that a function takes, in days. */
export const TOOL_DAYS = 90
const DEFAULT_DAYS = 14
/** Days that are listed one by one. */
const LISTED_DAYS = 14
/** Facts that one question may gather; a model that fetches everything has understood nothing. */
const MOST_FACTS = 60

/** The tools over data that has been read: {@link TOOL_DAYS} days up to the last one. */
export function createFactTools({ summaries, to }: PeriodData): FactTools {
  const gathered = new Map<string, Fact>()
  const confidences: number[] = []

  function gather(found: Omit<Fact, 'id'>[], confidence: number): ToolResult {
    const facts = found.flatMap(fact => {
      const known = gathered.get(fact.text)
      if (!known && gathered.size >= MOST_FACTS) return []
      const kept = known ?? { ...fact, id: `F${gathered.size + 1}` }
      gathered.set(fact.text, kept)
      return [kept]
    })
    if (facts.length === 0) return { error: 'there is no data for this' }
    confidences.push(confidence)
    return { facts: facts.map(({ id, text, value, unit }) => ({ id, text, value, unit })) }
  }

  function summary(metric: string, days: number, kinds?: Fact['kind'][]): ToolResult {
    const from = addDays(to, 1 - days)
    const own = within(new Map([[metric, summaries.get(metric) ?? []]]), from, to)
    const { facts, confidence } = computeFacts(own, from, to, { countDays: true })
    return gather(
      facts.filter(({ kind }) => !kinds || kinds.includes(kind)),
      confidence,
    )
  }

  function daily(metric: string, days: number): ToolResult {
    const from = addDays(to, 1 - days)
    const own = within(summaries, from, to).get(metric) ?? []
    const found = dayFacts(INSIGHT_METRICS.find(({ name }) => name === metric)!, own, to)
    return gather(found, Math.round((100 * found.length) / days) / 100)
  }

  return {
    declarations: DECLARATIONS,
    facts: () => [...gathered.values()],
    confidence: () =>
      confidences.length === 0
        ? 0
        : Math.round((100 * confidences.reduce((sum, one) => sum + one, 0)) / confidences.length) / 100,
    call: (name, args) => {
      if (!Object.hasOwn(CHECKS, name)) return { error: 'there is no such function' }
      if (!CHECKS[name as ToolName]().Check(args)) return { error: 'the arguments do not fit the schema' }
      const { metric = 'sleep_analysis', days } = args as { metric?: string; days?: number }
      switch (name as ToolName) {
        case 'get_metric_summary':
        case 'get_sleep':
          return summary(metric, days ?? DEFAULT_DAYS)
        case 'get_trend':
          return summary(metric, days ?? DEFAULT_DAYS, ['trend', 'coverage'])
        case 'get_daily':
          return daily(metric, days ?? 7)
      }
    },
  }
}

const metric = Type.Enum(INSIGHT_METRICS.map(({ name }) => name))
const days = (maximum: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description: 'How many days back from the last day' }))
const exactly = { additionalProperties: false }

const TOOLS = {
  get_metric_summary: {
    description:
      'Average, change, highest and lowest day of one measure. How high, how low, how many on average.',
    parameters: Type.Object({ metric, days: days(TOOL_DAYS) }, exactly),
  },
  get_daily: {
    description: 'The figure of each single day of one measure, day by day.',
    parameters: Type.Object({ metric, days: days(LISTED_DAYS) }, exactly),
  },
  get_sleep: {
    description: 'Sleep: hours asleep, how long nights were, average, change, longest and shortest night.',
    parameters: Type.Object({ days: days(TOOL_DAYS) }, exactly),
  },
  get_trend: {
    description: 'Whether one measure rose or fell: the later half of the days against the earlier half.',
    parameters: Type.Object({ metric, days: days(TOOL_DAYS) }, exactly),
  },
}
type ToolName = keyof typeof TOOLS

const CHECKS = Object.fromEntries(
  Object.entries(TOOLS).map(([name, { parameters }]) => [name, whenUsed(() => Compile(parameters))]),
) as unknown as Record<ToolName, () => { Check(value: unknown): boolean }>

const DECLARATIONS: readonly ToolDeclaration[] = Object.entries(TOOLS).map(
  ([name, { description, parameters }]) => ({
    name,
    description,
    parametersJsonSchema: JSON.parse(JSON.stringify(parameters)) as object,
  }),
)
