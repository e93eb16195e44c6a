/** A metric that insights speak of, and how. */
export interface InsightMetric {
  /** Canonical name. */
  name: string
  /** Its name in a sentence. */
  label: string
  /** What a text that speaks of it says; the longest match of a sentence counts (`resting heart rate`). */
  mention: RegExp
  /** Further words, apart by spaces, that a text may use for it and that say nothing else. */
  words: string
  /** A day's figure: what adds up, or what averages. */
  figure: 'sum' | 'mean'
  /** Unit of the values of its facts. */
  unit: string
  /** From the summary's unit to that one. @default 1 */
  scale?: number
  /** Of what is shown. */
  decimals: 0 | 1
}

/** In the order in which facts are given. */
export const INSIGHT_METRICS: readonly InsightMetric[] = [
  {
    name: 'steps',
    label: 'steps',
    mention: /\bstep/i,
    words: 'step walk walked walking took',
    figure: 'sum',
    unit: 'steps',
    decimals: 0,
  },
  {
    name: 'exercise_time',
    label: 'exercise time',
    mention: /\bexercis/i,
    words: 'exercise exercised exercising active',
    figure: 'sum',
    unit: 'min',
    decimals: 0,
  },
  {
    name: 'active_energy',
    label: 'active energy',
    mention: /\benergy|\bcalori|\bkcal/i,
    words: 'burned calories',
    figure: 'sum',
    unit: 'kcal',
    decimals: 0,
  },
  {
    name: 'sleep_analysis',
    label: 'sleep',
    mention: /\bsle(ep|pt)|\bnight/i,
    words: 'asleep slept sleeping night nights',
    figure: 'sum',
    unit: 'h',
    scale: 1 / 60,
    decimals: 1,
  },
  {
    name: 'resting_heart_rate',
    label: 'resting heart rate',
    mention: /\bresting (heart rate|pulse)/i,
    words: 'pulse',
    figure: 'mean',
    unit: 'beats/min',
    decimals: 0,
  },
  {
    name: 'heart_rate',
    label: 'heart rate',
    mention: /(?<!resting )\b(heart rate|pulse)(?! variab)/i,
    words: 'pulse',
    figure: 'mean',
    unit: 'beats/min',
    decimals: 0,
  },
  {
    name: 'heart_rate_variability_sdnn',
    label: 'heart rate variability',
    mention: /\bheart rate variab|\bHRV\b|\bSDNN\b/i,
    words: 'hrv sdnn',
    figure: 'mean',
    unit: 'ms',
    decimals: 0,
  },
  {
    name: 'respiratory_rate',
    label: 'respiratory rate',
    mention: /\brespirat|\bbreath/i,
    words: 'breathing',
    figure: 'mean',
    unit: 'breaths/min',
    decimals: 1,
  },
  {
    name: 'oxygen_saturation',
    label: 'oxygen saturation',
    mention: /\boxygen|\bSpO2/i,
    words: '',
    figure: 'mean',
    unit: '%',
    decimals: 1,
  },
]
