import type { DailySummary } from '../daily-summary.ts'
import { whenUsed } from '../when-used.ts'
import { INSIGHT_METRICS, type InsightMetric } from './metrics.ts'

/** One thing that the data shows, computed, with the number it rests on. */
export interface Fact {
  /** `F1`, `F2`, … */
  id: string
  /** A sentence; days are counted back from the last day of the period, so that no date is in it. */
  text: string
  value: number
  unit: string
  /** What it speaks of; absent for the coverage of the whole. */
  metric?: string
  kind: 'coverage' | 'average' | 'trend' | 'highest' | 'lowest' | 'day'
  /** The other numbers of its text, each with what it is, as shown. */
  figures: Figure[]
}

/**
 * `period`: days of the period; `days`: those with data; `now` and `earlier`: the mean of the later and the earlier half;
 * `ago`: days before the last.
 */
export interface Figure {
  role: 'period' | 'days' | 'now' | 'earlier' | 'ago'
  value: number
  unit: string
}

export interface Facts {
  facts: Fact[]
  /** Between 0 and 1: on how much of the period, on average over the metrics that are there, data exists. */
  confidence: number
  /** Days on which anything was measured. */
  daysWithData: number
}

/** Fewest days with data in each half for a trend to be spoken of; fewer is noise. */
const TREND_DAYS = 3
/** Fewest days with data for a highest and a lowest day to mean something. */
const RANGE_DAYS = 3

/**
 * Computes what can be said about a period, and no more: thin data gives fewer facts and lower confidence, no data none.
 * @param summaries by canonical metric name, in date order, days without data absent
 * @param from first and `to` last local date of the period, inclusive
 * @param options.countDays name the number of days even of a full period, for where several periods meet. @default false
 */
export function computeFacts(
  summaries: ReadonlyMap<string, readonly DailySummary[]>,
  from: string,
  to: string,
  { countDays = false }: { countDays?: boolean } = {},
): Facts {
  const days = dayNumber(to) - dayNumber(from) + 1
  const found: Omit<Fact, 'id'>[] = []
  const coverages: number[] = []
  const seen = new Set<string>()
  for (const metric of INSIGHT_METRICS) {
    const figures = dailyFigures(metric, summaries.get(metric.name) ?? [], to)
    if (figures.length === 0) continue
    for (const { date } of figures) seen.add(date)
    coverages.push(Math.min(1, figures.length / days))
    found.push(
      average(metric, figures, days, countDays),
      ...trend(metric, figures, days),
      ...extremes(metric, figures),
    )
  }
  if (found.length === 0) return { facts: [], confidence: 0, daysWithData: 0 }
  const coverage: Omit<Fact, 'id'> = {
    kind: 'coverage',
    text: `There is data for ${count(seen.size, 'day')} of a period of ${count(days, 'day')}.`,
    value: seen.size,
    unit: 'days',
    figures: [{ role: 'period', value: days, unit: 'days' }],
  }
  return {
    facts: [coverage, ...found].map((fact, index) => ({ id: `F${index + 1}`, ...fact })),
    confidence: round(mean(coverages), 2),
    daysWithData: seen.size,
  }
}

/** One metric on one day. */
export interface DayFigure {
  date: string
  /** Days before the last day of the period. */
  ago: number
  value: number
}

function dailyFigures(metric: InsightMetric, summaries: readonly DailySummary[], to: string): DayFigure[] {
  return summaries.flatMap(({ date, sum, mean: average }) => {
    const raw = metric.figure === 'sum' ? sum : average
    if (raw === undefined || raw === null || !Number.isFinite(raw)) return []
    return [{ date, ago: dayNumber(to) - dayNumber(date), value: raw * (metric.scale ?? 1) }]
  })
}

function average(
  metric: InsightMetric,
  figures: DayFigure[],
  days: number,
  countDays: boolean,
): Omit<Fact, 'id'> {
  const value = round(mean(figures.map(f => f.value)), metric.decimals)
  const every = figures.length === days && !countDays
  const of = every ? 'every day' : `${count(figures.length, 'day')} with data`
  const unit =
    metric.name === 'steps' ? 'a day' : metric.figure === 'sum' ? `${metric.unit} a day` : metric.unit
  return {
    kind: 'average',
    metric: metric.name,
    text: `${capital(metric.label)} averaged ${show(value, metric)} ${unit} over ${of}.`,
    value,
    unit: metric.unit,
    figures: every ? [] : [{ role: 'days', value: figures.length, unit: 'days' }],
  }
}

/** Change of the later half's mean against the earlier half's, in per cent of the latter; halves by date. */
function trend(metric: InsightMetric, figures: DayFigure[], days: number): Omit<Fact, 'id'>[] {
  const later = figures.filter(f => f.ago < days / 2).map(f => f.value)
  const earlier = figures.filter(f => f.ago >= days / 2).map(f => f.value)
  if (later.length < TREND_DAYS || earlier.length < TREND_DAYS || mean(earlier) === 0) return []
  const change = round((100 * (mean(later) - mean(earlier))) / mean(earlier), 0)
  const how = change === 0 ? 'about the same' : `${Math.abs(change)} % ${change > 0 ? 'higher' : 'lower'}`
  const halves = [later, earlier].map(half => round(mean(half), metric.decimals))
  const [now, before] = halves.map(half => `${show(half, metric)} ${metric.unit}`)
  const text = `${capital(metric.label)} in the later half: ${how} ${change === 0 ? 'as' : 'than'} in the earlier half (${now} against ${before}).`
  const given = halves.map((value, at) => ({
    role: at === 0 ? ('now' as const) : ('earlier' as const),
    value,
    unit: metric.unit,
  }))
  return [{ kind: 'trend', metric: metric.name, text, value: change, unit: '%', figures: given }]
}

function extremes(metric: InsightMetric, figures: DayFigure[]): Omit<Fact, 'id'>[] {
  if (figures.length < RANGE_DAYS) return []
  const ordered = [...figures].sort((a, b) => a.value - b.value || b.ago - a.ago)
  const ends = [
    ['highest', ordered.at(-1)],
    ['lowest', ordered[0]],
  ] as const
  return ends.flatMap(([kind, figure]) => {
    if (!figure || ordered[0]?.value === ordered.at(-1)?.value) return []
    const value = round(figure.value, metric.decimals)
    const when = figure.ago === 0 ? 'the last day' : `${count(figure.ago, 'day')} before the last`
    const text = `${capital(kind)} ${metric.label}: ${show(value, metric)} ${metric.unit}, ${when}.`
    return [{ kind, metric: metric.name, text, value, unit: metric.unit, figures: agoFigure(figure.ago) }]
  })
}

/** Each day's figure of one metric, the last day first. */
export function dayFacts(
  metric: InsightMetric,
  summaries: readonly DailySummary[],
  to: string,
): Omit<Fact, 'id'>[] {
  return dailyFigures(metric, summaries, to)
    .sort((a, b) => a.ago - b.ago)
    .map(({ ago, value: raw }) => {
      const value = round(raw, metric.decimals)
      const when = ago === 0 ? 'on the last day' : `${count(ago, 'day')} before the last`
      const text = `${capital(metric.label)} ${when}: ${show(value, metric)} ${metric.unit}.`
      return { kind: 'day', metric: metric.name, text, value, unit: metric.unit, figures: agoFigure(ago) }
    })
}

function agoFigure(ago: number): Figure[] {
  return ago === 0 ? [] : [{ role: 'ago', value: ago, unit: 'days' }]
}

/** Days since 1970-01-01 of a local date. */
export function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000
}

/** The local date `days` after (or, negative, before) another. */
export function addDays(date: string, days: number): string {
  return new Date((dayNumber(date) + days) * 86_400_000).toISOString().slice(0, 10)
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function round(value: number, decimals: number): number {
  // Adding 0 turns -0 into 0.
  return Number(value.toFixed(decimals)) + 0
}

function show(value: number, { decimals }: InsightMetric): string {
  return (decimals === 0 ? whole : tenths)().format(value)
}

// the first formatter takes 10 ms: not when the process starts
const whole = whenUsed(() => new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 }))
const tenths = whenUsed(
  () => new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
)

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
