import { COMMANDS } from '../../delivery/src/cli/commands.ts'
import { EXIT } from '../../delivery/src/cli/exit-codes.ts'
import { page } from '../../delivery/src/cli/help.ts'

/** What each exit code means to whoever runs a verb, beyond its name. */
const MEANING: Record<keyof typeof EXIT, string> = {
  succeeded: 'what was asked for is so, and was checked',
  failed: 'it is not so; the error says why and what to do',
  usage: 'the command was not understood; nothing was done',
  unhealthy: 'what was asked about is not well: `health`, `diagnose`, `queue status`',
  locked: 'another command changes this environment; the error names who, since when, and why',
  needsApproval: 'a tested release waits for a person: `clarity approve`',
  rolledBack: 'the release was taken back; what served before serves',
  superseded: 'somebody else began another deployment meanwhile',
  timedOut: 'it did not end in time; `clarity status` says where it stands',
  preflightFailed: 'a check before the release failed; nothing was changed',
}

/** `docs/cli.md`: every verb with its options and exit codes, from the data that the command line itself runs on. */
export function cliPage(): string {
  return [
    '# The command line',
    '',
    '`./clarity` at the root of a checkout, or `npx clarity` in it. Rendered by `make render` from what the command itself reads.',
    '',
    '## Exit codes',
    '',
    '| code | name | means |',
    '|---|---|---|',
    ...Object.entries(EXIT).map(
      ([name, code]) => `| ${code} | ${words(name)} | ${MEANING[name as keyof typeof EXIT]} |`,
    ),
    '',
    '## Every verb',
    '',
    ...COMMANDS.flatMap(command => [`### ${command.name}`, '', '```text', page(command, 110), '```', '']),
  ].join('\n')
}

function words(name: string): string {
  return name.replace(/([A-Z])/g, ' $1').toLowerCase()
}
