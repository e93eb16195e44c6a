import type { Fact } from '../facts.ts'
import { INSIGHT_METRICS } from '../metrics.ts'
import type { Random } from './random.ts'

/** A sentence that a fact makes true. */
export interface Sentence {
  text: string
  fact: Fact
}

/** Facts in the words that a good model might choose; every sentence is true by the way it is made. */
export function honestSentence(fact: Fact, random: Random): Sentence {
  return { fact, text: random.pick(wordings(fact)) }
}

/** A model's answer, as JSON, of these sentences. */
export function answerOf(sentences: readonly Sentence[], opening = ''): string {
  return JSON.stringify({
    narrative: [opening, ...sentences.map(({ text }) => text)].filter(Boolean).join(' '),
    claims: sentences.map(({ text, fact }) => ({ text, fact_ids: [fact.id], numbers: [fact.value] })),
  })
}

/** A number as texts show it. */
export function shown(value: number, unit: string): string {
  const tenths = unit === 'h' || unit === 'breaths/min' || !Number.isInteger(value)
  return (tenths ? TENTHS : WHOLE).format(Math.abs(value))
}

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const TENTHS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })

export function labelOf(fact: Fact): string {
  return INSIGHT_METRICS.find(({ name }) => name === fact.metric)?.label ?? 'data'
}

function wordings(fact: Fact): string[] {
  const label = labelOf(fact)
  const value = `${shown(fact.value, fact.unit)}${fact.unit ? ` ${fact.unit}` : ''}`
  const figure = (role: Fact['figures'][number]['role']): string => {
    const found = fact.figures.find(one => one.role === role)
    return found ? `${shown(found.value, found.unit)}${role === 'period' ? '' : ` ${found.unit}`}` : ''
  }
  switch (fact.kind) {
    case 'coverage':
      return [
        fact.text,
        `You have data for ${fact.value} of ${figure('period')} days.`,
        `Your data covers ${fact.value} days of a period of ${figure('period')} days.`,
      ]
    case 'average': {
      const days = figure('days')
      return [
        `Your ${fact.text.charAt(0).toLowerCase()}${fact.text.slice(1)}`,
        `Your ${label} averaged ${value}${days ? ` over ${days} with data` : ''}.`,
        `On average, your ${label} came in at ${value}.`,
        `Typically your ${label} was about ${value}.`,
      ]
    }
    case 'trend': {
      if (fact.value === 0) return [fact.text, `Your ${label} was about the same.`]
      const [rose, higher] = fact.value > 0 ? ['rose', 'higher'] : ['fell', 'lower']
      return [
        fact.text,
        `Your ${label} ${rose} by ${shown(fact.value, '%')} % in the later half.`,
        ...(figure('earlier') === figure('now')
          ? []
          : [`Your ${label} went from ${figure('earlier')} to ${figure('now')}.`]),
        `In the later half your ${label} was ${shown(fact.value, '%')}% ${higher} than in the earlier half.`,
      ]
    }
    case 'highest':
    case 'lowest':
      return [fact.text, `The ${fact.kind} ${label} was ${value}.`]
    case 'day':
      return [fact.text]
  }
}
