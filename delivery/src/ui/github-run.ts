import { appendFileSync } from 'node:fs'
import type { Emit, Event } from './events.ts'
import { formatSeconds } from './format-seconds.ts'

/** Where a job of GitHub Actions takes what a command tells; absent outside of one. */
export interface GithubFiles {
  /** `GITHUB_STEP_SUMMARY`: Markdown, shown on the page of the run. */
  summary?: string
  /** `GITHUB_OUTPUT`: `name=value` lines for the jobs that follow. */
  output?: string
}

/**
 * An emitter that hands everything on to `emit` and leaves, when the command ends, its account on the page of the run:
 * what was asked, the steps with their times, the verdict or the error with its evidence and what to do next.
 * `release` and `digest` of a result become outputs of the step.
 * @param command what was typed after `clarity`
 */
export function accountForRun(command: string, files: GithubFiles, emit: Emit): Emit {
  const steps: string[] = []
  return event => {
    emit(event)
    if (event.type === 'step-finished' || event.type === 'step-failed') steps.push(stepRow(event))
    if (event.type === 'result' || event.type === 'error') {
      if (files.summary) appendFileSync(files.summary, account(command, steps, event))
      if (files.output && event.type === 'result') appendFileSync(files.output, outputs(event.data))
    }
  }
}

type Ended = Extract<Event, { type: 'step-finished' | 'step-failed' }>
type Last = Extract<Event, { type: 'result' | 'error' }>

function stepRow({ type, message, seconds }: Ended): string {
  return `| ${type === 'step-finished' ? 'done' : '**failed**'} | ${cell(message)} | ${formatSeconds(seconds)} |`
}

function account(command: string, steps: string[], last: Last): string {
  const table = steps.length === 0 ? [] : ['| | step | time |', '|---|---|---|', ...steps, '']
  const end =
    last.type === 'result'
      ? [fence(last.text)]
      : [
          `**${cell(last.message)}** (exit code ${last.exitCode})`,
          '',
          ...(last.evidence.length > 0 ? [fence(last.evidence.join('\n')), ''] : []),
          `Do next: ${cell(last.fix)}`,
        ]
  return [`### \`clarity ${cell(command)}\``, '', ...table, ...end, '', ''].join('\n')
}

/** Only what was made here: a release is hexadecimal, a digest `sha256:…`; nothing that could end the line. */
function outputs(data: object): string {
  return ['release', 'digest']
    .map(name => [name, (data as Record<string, unknown>)[name]] as const)
    .filter(([, value]) => typeof value === 'string' && /^[\w:.+-]+$/.test(value))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Text that stays one cell of a table, and plain text. */
function cell(text: string): string {
  return text.replace(/[|`<>\\]/g, '\\$&').replace(/\s+/g, ' ')
}

/** A block as it was printed, whatever backticks are in it. */
function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const ticks = '`'.repeat(longest + 1)
  return `${ticks}\n${text}\n${ticks}`
}
