import type { Cell } from './terminal.ts'

/** A screen, and for how many seconds it is seen. */
export interface Frame {
  screen: Cell[][]
  seconds: number
}

const [WIDTH, HEIGHT, FONT, EDGE] = [7.83, 17, 13, 14]
const COLOURS: Record<number, string> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#d29922',
  34: '#79c0ff',
  36: '#76e3ea',
}

/** The frames as one SVG that plays them again and again, for a page; each line that is seen is in it once. */
export function svgOf(title: string, frames: Frame[], columns: number, rows: number): string {
  const known = new Map<string, string>()
  const total = frames.reduce((sum, { seconds }) => sum + seconds, 0)
  let at = 0
  const seen = frames.map(({ screen, seconds }) => {
    const uses = screen.flatMap((line, row) => {
      if (line.every(({ character }) => character === ' ')) return []
      const text = textOf(line)
      const id = known.get(text) ?? `l${known.size}`
      known.set(text, id)
      return [`<use href="#${id}" y="${row * HEIGHT}"/>`]
    })
    const [from, to] = [at, at + seconds].map(time => ((time / total) * 100).toFixed(3))
    at += seconds
    return { from, to, uses: uses.join('') }
  })
  const [width, height] = [Math.ceil(columns * WIDTH + 2 * EDGE), rows * HEIGHT + 2 * EDGE]
  const rules = seen.map(({ from, to }, index) => {
    const last = index === seen.length - 1
    return `@keyframes f${index}{0%{opacity:${index === 0 ? 1 : 0}}${from}%{opacity:1}${last ? '100%{opacity:1}' : `${to}%{opacity:0}`}}#f${index}{animation:f${index} ${total.toFixed(1)}s step-end infinite}`
  })
  // where nothing moves (a reader who asked for that, a printer), the last screen is seen
  const moving = `@media (prefers-reduced-motion:no-preference){${rules.join('')}}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${inXml(title)}</title>`,
    `<style>text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e6edf3;white-space:pre}g.f{opacity:0}g.f:last-of-type{opacity:1}${moving}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    '<defs>',
    ...[...known].map(([text, id]) => `<text id="${id}" x="${EDGE}" y="${EDGE + FONT}">${text}</text>`),
    '</defs>',
    ...seen.map(({ uses }, index) => `<g class="f" id="f${index}">${uses}</g>`),
    '</svg>\n',
  ].join('\n')
}

/** A line as runs of cells that are painted alike, each where its column is whatever the font's width. */
function textOf(line: Cell[]): string {
  const runs: { style: string; text: string; column: number }[] = []
  for (const [column, cell] of line.entries()) {
    const style = styleOf(cell)
    const last = runs.at(-1)
    if (last?.style === style) last.text += cell.character
    else runs.push({ style, text: cell.character, column })
  }
  return runs
    .filter(({ text }) => text.trim() !== '')
    .map(({ style, text, column }) => {
      const place = `x="${(EDGE + column * WIDTH).toFixed(1)}" textLength="${(text.length * WIDTH).toFixed(1)}"`
      return `<tspan ${place}${style}>${inXml(text)}</tspan>`
    })
    .join('')
}

function styleOf({ bold, dim, colour }: Cell): string {
  const fill = colour === undefined ? undefined : COLOURS[colour]
  return `${fill ? ` fill="${fill}"` : dim ? ' fill="#8b949e"' : ''}${bold ? ' font-weight="bold"' : ''}`
}

function inXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
