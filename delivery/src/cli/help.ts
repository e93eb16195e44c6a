import type { Command } from './command.ts'
import { EXIT } from './exit-codes.ts'

/** The page of `clarity --help`. */
export function overview(commands: Command[]): string {
  const width = Math.max(...commands.map(command => signature(command).length))
  const codes = Object.entries(EXIT).map(
    ([name, code]) => `${code} ${name.replace(/([A-Z])/g, ' $1').toLowerCase()}`,
  )
  return [
    'clarity ships the health-data backend to AWS, or to an AWS inside this laptop',
    '',
    ...commands.map(command => `  clarity ${signature(command).padEnd(width)}  ${command.summary}`),
    '',
    'every verb takes --json (the same events, one JSON object a line) and --help',
    `exit codes: ${codes.join(' · ')}`,
  ].join('\n')
}

/** The page of `clarity <verb> --help`. */
export function page(command: Command): string {
  const rows = [
    ...command.positionals.map(p => [p.required ? `<${p.name}>` : `[${p.name}]`, p.description] as const),
    ...Object.entries(command.options).map(
      ([name, option]) =>
        [`--${name}${option.value ? ` <${option.value}>` : ''}`, option.description] as const,
    ),
    ['--json', 'events as JSON, one object a line'] as const,
  ]
  const width = Math.max(...rows.map(([left]) => left.length))
  return [
    `clarity ${signature(command)}`,
    command.summary,
    '',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
  ].join('\n')
}

function signature(command: Command): string {
  return [command.name, ...command.positionals.map(p => (p.required ? `<${p.name}>` : `[${p.name}]`))].join(
    ' ',
  )
}
