import type { Command } from './command.ts'
import { EXIT } from './exit-codes.ts'

/** Columns of a terminal that does not tell. */
const COLUMNS = 120
/** Narrower than this a description has no room beside its term. */
const LEAST = 20

/** The page of `clarity --help`. @param columns of the terminal */
export function overview(commands: Command[], columns = COLUMNS): string {
  const rows = commands.map(command => [`clarity ${signature(command)}`, command.summary] as const)
  return [
    'clarity ships the health-data backend to AWS, or to an AWS inside this laptop',
    '',
    ...table(rows, columns),
    '',
    ...wrap('every verb takes --json (the same events, one JSON object a line) and --help', columns),
    ...wrap(`exit codes: ${codes(Object.keys(EXIT) as (keyof typeof EXIT)[])}`, columns),
  ].join('\n')
}

/** The page of `clarity <verb> --help`. @param columns of the terminal */
export function page(command: Command, columns = COLUMNS): string {
  const rows = [
    ...command.positionals.map(p => [p.required ? `<${p.name}>` : `[${p.name}]`, p.description] as const),
    ...Object.entries(command.options).map(
      ([name, { short, value, description }]) =>
        [`--${name}${short ? `, -${short}` : ''}${value ? ` <${value}>` : ''}`, description] as const,
    ),
    ['--json', 'events as JSON, one object a line'] as const,
  ]
  return [
    `clarity ${signature(command)}`,
    ...wrap(command.summary, columns),
    '',
    ...table(rows, columns),
    '',
    ...wrap(`exit codes: ${codes(['succeeded', 'failed', 'usage', ...(command.exits ?? [])])}`, columns),
  ].join('\n')
}

function signature(command: Command): string {
  return [command.name, ...command.positionals.map(p => (p.required ? `<${p.name}>` : `[${p.name}]`))].join(
    ' ',
  )
}

/** `0 succeeded · 1 failed` */
function codes(names: (keyof typeof EXIT)[]): string {
  return names.map(name => `${EXIT[name]} ${name.replace(/([A-Z])/g, ' $1').toLowerCase()}`).join(' · ')
}

/** Terms with their descriptions beside them, or below where the terminal is narrow. */
function table(rows: (readonly [string, string])[], columns: number): string[] {
  const width = Math.max(...rows.map(([term]) => term.length))
  const room = columns - width - 4
  return rows.flatMap(([term, description]) => {
    if (room < LEAST) return [`  ${term}`, ...wrap(description, columns - 6).map(line => `      ${line}`)]
    return wrap(description, room).map((line, at) => `  ${(at === 0 ? term : '').padEnd(width)}  ${line}`)
  })
}

/** Lines that break between words; a word longer than a line stays whole. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length + 1 <= columns)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
