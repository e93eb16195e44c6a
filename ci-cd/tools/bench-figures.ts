/** One number of a benchmark, as it prints it: `ingest: read   1,234 k/s`. */
export interface Figure {
  value: number
  unit: string
}

/** One figure of two commits. */
export interface Comparison {
  name: string
  unit: string
  /** Median of the turns; absent where only the other commit has it. */
  before?: number
  after?: number
  /** How many times as good the change is; 1 is the same. */
  ratio: number
  isHeld: boolean
  /** It is held, worse by more than the noise, and worse in every turn than the base in any. */
  isWorse: boolean
}

/** What a change may cost before it counts. */
const WORSE = 1.25

/** The figures of what a benchmark printed, `what: which  number unit`; a line with a `;` is prose. */
export function figuresOf(output: string): Map<string, Figure> {
  const lines = output.matchAll(/^([^;\n]*?: [^;\n]*?) +([\d.,]+)(?: ([\w/%]+))? *$/gm)
  return new Map(
    [...lines].map(([, name = '', value = '', unit = '']) => [
      name,
      { value: Number(value.replaceAll(',', '')), unit },
    ]),
  )
}

/** Every figure of either commit, over the turns of both. @param held names those that may not become worse */
export function comparisonOf(
  runs: Record<'before' | 'after', Map<string, Figure>[]>,
  held: RegExp,
): Comparison[] {
  const names = new Set([...runs.after, ...runs.before].flatMap(figures => [...figures.keys()]))
  return [...names].map(name => {
    const of = (side: 'before' | 'after') => runs[side].flatMap(figures => figures.get(name) ?? [])
    return compare(name, of('before'), of('after'), held.test(name))
  })
}

/** A comparison in words. */
export function lineOf(bench: string, figure: Comparison): string {
  const { name, unit, before, after, ratio, isHeld, isWorse } = figure
  const title = `${isWorse ? '✗' : ' '} ${bench}: ${name.padEnd(58)}`
  if (before === undefined) return `${title} new: ${after} ${unit}`
  if (after === undefined) return `${title} gone: ${before} ${unit}`
  return `${title} ${before} → ${after} ${unit} (${ratio.toFixed(2)} times as good${isHeld ? '' : '; not held'})`
}

function compare(name: string, before: Figure[], after: Figure[], isHeld: boolean): Comparison {
  const unit = (after[0] ?? before[0])?.unit ?? ''
  const [was, now] = [before, after].map(figures => figures.map(({ value }) => value))
  if (!was?.length || !now?.length)
    return {
      name,
      unit,
      ...(was?.length ? { before: median(was) } : {}),
      ...(now?.length ? { after: median(now) } : {}),
      ratio: 1,
      isHeld,
      isWorse: false,
    }
  const moreIsBetter = unit.endsWith('/s') || /share|fewer/.test(name)
  const [better, poorer] = moreIsBetter ? [median(now), median(was)] : [median(was), median(now)]
  const ratio = better === poorer ? 1 : better / poorer
  const apart = moreIsBetter ? Math.max(...now) < Math.min(...was) : Math.min(...now) > Math.max(...was)
  const isWorse = isHeld && apart && ratio < 1 / WORSE
  return { name, unit, before: median(was), after: median(now), ratio, isHeld, isWorse }
}

/** The middle one; of an even number the mean of the two in the middle. */
function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2
}
