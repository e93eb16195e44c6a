import { fileURLToPath } from 'node:url'
import { COMMANDS } from './cli/commands.ts'
import { runCli } from './cli/run.ts'
import { accountForRun } from './ui/github-run.ts'
import { createRenderer } from './ui/render.ts'

/** The `clarity` command: the composition root of the command line. */
const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())

process.exitCode = await runCli(COMMANDS, process.argv.slice(2), {
  root: fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''),
  variables: process.env,
  signal: interrupt.signal,
  createEmit: json =>
    accountForRun(
      process.argv.slice(2).join(' '),
      { summary: process.env.GITHUB_STEP_SUMMARY, output: process.env.GITHUB_OUTPUT },
      createRenderer({
        out: process.stdout,
        err: process.stderr,
        json,
        colour: process.stderr.isTTY === true && !process.env.NO_COLOR,
      }),
    ),
})
