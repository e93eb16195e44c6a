import { addDays, computeFacts, type Fact } from '../facts.ts'
import { INSIGHT_METRICS } from '../metrics.ts'
import { answerOf, honestSentence, labelOf, type Sentence, shown } from './honest-answers.ts'
import { LIES } from './lies.ts'
import { type Random, seeded } from './random.ts'

/** A model's answer that must not reach anybody, and what is wrong with it. */
export interface HostileAnswer {
  kind: string
  facts: Fact[]
  text: string
}

/** Facts of a made-up fortnight; other seeds give other numbers, gaps and metrics. */
export function madeUpFacts(random: Random): Fact[] {
  const to = '2026-11-24'
  const gaps = random.next() < 0.5
  const summaries = new Map(
    INSIGHT_METRICS.filter((_, at) => at < 2 || random.next() < 0.7).map(({ name, scale = 1, unit }) => {
      const base = (unit === 'steps' ? 9000 : unit === '%' ? 96 : 70) / scale / (unit === 'h' ? 10 : 1)
      const days = Array.from({ length: 14 }, (_, at) => addDays(to, at - 13))
      const kept = days.filter(() => !gaps || random.next() < 0.8)
      return [
        name,
        kept.map(date => {
          const value = base * (0.8 + 0.4 * random.next())
          return { date, metric: name, unit: '', count: 1, min: value, max: value, mean: value, sum: value }
        }),
      ] as const
    }),
  )
  return computeFacts(summaries, addDays(to, -13), to).facts
}

/** So many hostile answers, kind by kind in turn; the same seed gives the same ones. */
export function hostileAnswers(seed: number, count: number): HostileAnswer[] {
  const random = seeded(seed)
  const kinds = Object.entries(HOSTILE)
  return Array.from({ length: count }, (_, at) => {
    const [kind, make] = kinds[at % kinds.length]!
    const facts = madeUpFacts(random)
    return { kind, facts, text: make(facts, random) }
  })
}

/** Answers that are true and in plain words: a check that took none of these would be worth nothing. */
export function honestAnswers(seed: number, count: number): { facts: Fact[]; text: string }[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () => {
    const facts = madeUpFacts(random)
    return { facts, text: answerOf(honest(facts, random), 'Here is what your data shows.') }
  })
}

type Make = (facts: Fact[], random: Random) => string

const HOSTILE: Record<string, Make> = {
  'a wrong number': twisted(({ text, fact }, random) => {
    const known = [fact, ...fact.figures].map(({ value }) => Math.abs(value))
    let wrong = 0
    do wrong = Math.round((random.next() * 2 + 0.2) * (known[0] || 50)) + random.whole(9)
    while (known.some(value => Math.abs(wrong - value) <= value * 0.02 + 0.6))
    return text.replace(NUMBER, shown(wrong, ''))
  }),
  "another fact's number": (facts, random) => {
    const average = facts.find(({ kind }) => kind === 'average')!
    const other = facts.find(
      ({ kind, metric, value }) =>
        metric === average.metric &&
        (kind === 'highest' || kind === 'lowest') &&
        Math.abs(value - average.value) > average.value * 0.03,
    )
    const value = other?.value ?? average.value * 2
    const text = `Your ${labelOf(average)} averaged ${shown(value, average.unit)} ${average.unit}.`
    return withExtra(facts, random, { fact: average, text }, other)
  },
  "another metric's number": (facts, random) => {
    const [a, b] = facts.filter(({ kind }) => kind === 'average')
    const text = `Your ${labelOf(a!)} averaged ${shown(b!.value, b!.unit)}.`
    return withExtra(facts, random, { fact: a!, text }, b)
  },
  'another unit': twisted(({ text }, random) => {
    const unit = random.pick([
      'miles',
      'kg',
      'mmHg',
      'mg/dL',
      'beats per hour',
      'seconds',
      'km',
      'litres',
      'ms2',
    ])
    return text.replace(NUMBER, match => `${match} ${unit}`)
  }),
  'a number in words': lie('words'),
  'a percentage': lie('percentages'),
  'the other direction': (facts, random) => {
    const trend = facts.find(({ kind, value }) => kind === 'trend' && value !== 0)
    if (!trend) return HOSTILE['a wrong number']!(facts, random)
    const verb =
      trend.value > 0
        ? random.pick(['fell', 'dropped', 'declined', 'went down'])
        : random.pick(['rose', 'climbed', 'increased', 'went up'])
    const text = `Your ${labelOf(trend)} ${verb} by ${shown(trend.value, '%')} % in the later half.`
    return withExtra(facts, random, { fact: trend, text })
  },
  'halves exchanged': (facts, random) => {
    const trend = facts.find(
      ({ kind, figures: [a, b] }) =>
        kind === 'trend' && a && b && Math.abs(a.value - b.value) > 0.02 * a.value,
    )
    if (!trend) return HOSTILE['a wrong number']!(facts, random)
    const [now, earlier] = trend.figures.map(({ value, unit }) => shown(value, unit))
    const text = `Your ${labelOf(trend)} went from ${now} to ${earlier}.`
    return withExtra(facts, random, { fact: trend, text })
  },
  'another day': (facts, random) => {
    const extreme = facts.find(({ kind, figures }) => kind === 'highest' && figures.length > 0)
    if (!extreme) return HOSTILE['a date']!(facts, random)
    const ago = extreme.figures[0]!.value + 1 + random.whole(5)
    const when = random.pick([`${ago} days before the last`, 'on the last day'])
    const text = `The highest ${labelOf(extreme)} was ${shown(extreme.value, extreme.unit)} ${extreme.unit}, ${when}.`
    return withExtra(facts, random, { fact: extreme, text })
  },
  'more data than there is': (facts, random) => {
    const [coverage] = facts
    const text = `There is data for ${coverage!.value + 1 + random.whole(20)} days.`
    return withExtra(facts, random, { fact: coverage!, text })
  },
  'a date': lie('dates'),
  'a range': lie('ranges'),
  'markup or a link': lie('markup'),
  'a diagnosis or an advice': lie('medicine'),
  'injected instructions': lie('instructions'),
  'an invented measure': lie('measures'),
  'a comparison with others': lie('comparisons'),
  'a negation or a cause': lie('negations'),
  'digits that are none': twisted(({ text }, random) => {
    const from = random.pick([0xff10, 0x0660, 0x1d7ce, 0x2080])
    return text.replace(/\d/, digit => String.fromCodePoint(from + Number(digit)))
  }),
  'hidden characters': twisted(({ text }, random) => {
    const hidden = random.pick(['\u200b', '\u202e', '\ufeff', '\u0000', '\u00ad', '\u0435'])
    const at = random.whole(text.length)
    return text.slice(0, at) + hidden + text.slice(at)
  }),
  'a number in disguise': twisted(({ text, fact }, random) => {
    const digits = String(Math.abs(fact.value))
    return text.replace(
      NUMBER,
      random.pick([
        `${digits}e1`,
        `${digits}k`,
        `-${digits}`,
        `${digits}.9.1`,
        `0x${digits}`,
        `${digits}0,0`,
        `+${digits}`,
        `${digits}/2`,
        `~${digits}`,
      ]),
    )
  }),
  'cut off': (facts, random) => {
    const text = answerOf(honest(facts, random))
    return text.slice(0, 1 + random.whole(text.length - 1))
  },
  'not what was asked for': (facts, random) => {
    const text = answerOf(honest(facts, random))
    const { narrative } = JSON.parse(text) as { narrative: string }
    return random.pick([
      `\`\`\`json\n${text}\n\`\`\``,
      `Certainly! ${narrative}`,
      `<html>${narrative}</html>`,
      JSON.stringify([JSON.parse(text)]),
      JSON.stringify({ narrative }),
      JSON.stringify({ narrative: 7, claims: 'none' }),
      JSON.stringify({ ...JSON.parse(text), narrative: narrative.repeat(60) }),
      JSON.stringify({ ...JSON.parse(text), narrative: '   ' }),
      'null',
      '',
      `${text}${text}`,
    ])
  },
  'citations of nothing': (facts, random) => {
    const answer = JSON.parse(answerOf(honest(facts, random))) as { claims: { fact_ids: string[] }[] }
    for (const claim of answer.claims)
      claim.fact_ids = random.pick([[], ['F99'], ['f1'], ['F1; DROP'], ['__proto__']])
    return JSON.stringify(random.next() < 0.2 ? { ...answer, claims: [] } : answer)
  },
  'citations of other facts': (facts, random) => {
    const [subject, other] = ['steps', 'exercise_time'].map(
      name => facts.find(fact => fact.metric === name && fact.kind === 'average')!,
    )
    const text = honestSentence(subject!, random).text
    return JSON.stringify({
      narrative: text,
      claims: [{ text, fact_ids: [other!.id], numbers: [] }],
    })
  },
  'a lie in a claim alone': (facts, random) => {
    const sentences = honest(facts, random)
    const answer = JSON.parse(answerOf(sentences)) as { claims: { text: string }[] }
    random.pick(answer.claims).text = random.pick(Object.values(LIES).flat())
    return JSON.stringify(answer)
  },
}

const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?/

function honest(facts: readonly Fact[], random: Random): Sentence[] {
  const rest = facts.slice(1)
  const told = new Set([facts[0]!, random.pick(rest), random.pick(rest), random.pick(rest)])
  return facts.filter(fact => told.has(fact)).map(fact => honestSentence(fact, random))
}

/** One sentence of a true answer, changed, in the text and in its claim. */
function twisted(change: (sentence: Sentence, random: Random) => string): Make {
  return (facts, random) => {
    const sentences = honest(facts, random)
    const numbered = sentences.filter(({ text }) => NUMBER.test(text))
    const one = random.pick(numbered)
    return answerOf(
      sentences.map(sentence =>
        sentence === one ? { ...sentence, text: change(sentence, random) } : sentence,
      ),
    )
  }
}

/** A lie of a list in the middle of a true answer, as a sentence of its own or as the end of one. */
function lie(list: keyof typeof LIES): Make {
  return (facts, random) => {
    const said = random.pick(LIES[list])
    const sentences = honest(facts, random)
    const at = random.whole(sentences.length)
    const own = random.next() < 0.6
    return answerOf(
      sentences.flatMap((sentence, i) => {
        if (i !== at) return [sentence]
        if (own) return [sentence, { fact: sentence.fact, text: said }]
        const text = `${sentence.text.replace(/[.]$/, '')}, and ${said.charAt(0).toLowerCase()}${said.slice(1)}`
        return [{ ...sentence, text }]
      }),
    )
  }
}

/** A true answer with one more sentence, which cites whatever might excuse it. */
function withExtra(facts: readonly Fact[], random: Random, extra: Sentence, excuse?: Fact): string {
  const answer = JSON.parse(answerOf([...honest(facts, random), extra])) as {
    claims: { fact_ids: string[] }[]
  }
  if (excuse) answer.claims.at(-1)?.fact_ids.push(excuse.id)
  return JSON.stringify(answer)
}
