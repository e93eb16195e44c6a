import { fileURLToPath } from 'node:url'
import { COMMANDS } from './cli/commands.ts'
import { EXIT } from './cli/exit-codes.ts'
import { runCli } from './cli/run.ts'
import { accountForRun } from './ui/github-run.ts'
import { createRenderer } from './ui/render.ts'

/** The `clarity` command: the composition root of the command line. */
const interrupt = new AbortController()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Longest that a verb may take to end after SIGTERM, in ms. */
const GRACE_MS = 30_000

// whoever cancels a pipeline or closes a terminal is told the same as at Ctrl-C; a second signal ends at once
function stop(signal: NodeJS.Signals): void {
  for (const name of SIGNALS) process.removeListener(name, stop)
  interrupt.abort()
  // nobody is there to send a second one
  if (signal !== 'SIGINT') setTimeout(() => process.exit(EXIT.failed), GRACE_MS).unref()
}
for (const name of SIGNALS) process.on(name, stop)
const dumb = process.env.TERM === 'dumb'
// a reader that has seen enough, such as head, is no failure
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
})

process.exitCode = await runCli(COMMANDS, process.argv.slice(2), {
  root: fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''),
  variables: process.env,
  signal: interrupt.signal,
  columns: process.stdout.columns,
  createEmit: json =>
    accountForRun(
      process.argv.slice(2).join(' '),
      { summary: process.env.GITHUB_STEP_SUMMARY, output: process.env.GITHUB_OUTPUT },
      createRenderer({
        out: process.stdout,
        err: {
          write: text => process.stderr.write(text),
          isTTY: process.stderr.isTTY === true && !dumb,
          get columns() {
            return process.stderr.columns
          },
        },
        json,
        colour: process.stderr.isTTY === true && !dumb && !process.env.NO_COLOR,
      }),
    ),
})
