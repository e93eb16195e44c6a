import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cloneOf } from '../rehearse/clone.ts'
import { areFree, freePort, REHEARSAL_PORTS } from '../rehearse/ports.ts'
import { commandsOf, type PageCommand } from './commands.ts'

/**
 * `make pages`: every shell command of every page, as it stands there, in order, on a fresh clone, in a shell with nothing
 * set. What needs an AWS account runs against a local cloud with dev, staging and prod on it; what cannot be had
 * here is told, with the reason. One line a command; exit code 1 when one ends otherwise than the page says.
 *
 * `FAST=1` leaves out the commands that run all tests. What the commands print is in `.clarity/pages/output.log`.
 */
const root = resolve(import.meta.dirname, '../..')
const home = join(root, '.clarity/pages')
const checkout = join(home, 'checkout')
/** As a newcomer goes through them; those that are not named here come last. */
const ORDER = [
  'README.md',
  'docs/first-hour.md',
  'docs/operating.md',
  'docs/troubleshooting.md',
  'ci-cd/README.md',
]
/** Where the laptop is, in words of a page. */
const PORTS = { CLARITY_AWS_PORT: 4566, CLARITY_HTTP_PORT: 8000, CLARITY_TEST_PORT: 8010 }
/** These give the same however often they run, and take minutes. */
const ONCE = /^make (test|coverage|lint)$/
const TESTS = /^make (test|coverage)$/
/** These are whole runs with clones of their own. */
const WHOLE = /^make (rehearse|rehearse-cd|security|pages)$/
/** What the local cloud says of a service or an operation that it has not, and an awscli of one that it is too old for. */
const ABSENT =
  /no service '\w+' in the local cloud|the local cloud has no [^.\n]*|NotImplemented[^\n]*|UnknownOperationException[^\n]*|argument (operation|command): Invalid choice/
/** Their README says so: the commands are production's, and `clarity` is the one of the checkout. */
const RUNBOOKS = 'docs/runbooks/'
const LAST_LINES = 12

interface Shell {
  /** Variables that are set before the page begins. */
  variables: Record<string, string>
  /** What this shell has exported since, as the shell writes it. */
  exported: string
}

rmSync(home, { recursive: true, force: true })
mkdirSync(home, { recursive: true })
const uncommitted = cloneOf(root, checkout)
if (uncommitted > 0) tell(`${uncommitted} files are changed and not committed: the clone is without that`)
const clean = {
  // what a machine with Node has; nothing of this checkout or of a shell's configuration
  PATH: [...new Set([folderOf('npm'), '/usr/local/bin', '/usr/bin', '/bin'])].join(':'),
  HOME: process.env.HOME ?? home,
  LANG: 'C.UTF-8',
}
const moved = await movedPorts()
const account = { ...(await accountPorts()), CLARITY_STATE: join(home, 'account') }
const awsIsOld = /aws-cli\/(1\.|2\.([0-9]|1[0-2])\.)/.test(tryRun('aws', ['--version']))
/** Signed in to the account: what `aws sso login` and a profile are on AWS. */
const signedIn: Shell = {
  variables: { ...account, PATH: `${checkout}:${clean.PATH}` },
  exported: '',
}
const done = new Set<string>()
const counts = { ran: 0, failed: 0, left: 0 }
let accountIsUp = false

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: checkout, encoding: 'utf8' })
  .trim()
  .split('\n')
const place = (page: string) => (ORDER.includes(page) ? ORDER.indexOf(page) : ORDER.length)
const begun = performance.now()
try {
  for (const page of pages.toSorted((a, b) => place(a) - place(b) || a.localeCompare(b))) runPage(page)
} finally {
  for (const variables of [moved, account])
    spawnSync('./clarity', ['down'], { cwd: checkout, env: { ...clean, ...variables } })
}
tell(
  `${counts.ran} commands ran, ${counts.failed} of them failed, ${counts.left} could not run here (${seconds(begun)})`,
)
process.exitCode = counts.failed > 0 ? 1 : 0

function runPage(page: string): void {
  const commands = commandsOf(page, readFileSync(join(checkout, page), 'utf8')).map(command =>
    page.startsWith(RUNBOOKS) ? { ...command, needs: 'an AWS account', ...answering(command) } : command,
  )
  const shells = {
    laptop: { variables: moved, exported: '' },
    account: signedIn,
  }
  for (const command of commands) {
    const where = command.needs === 'an AWS account' ? 'account' : 'laptop'
    const why = whyNot(command)
    if (why) {
      counts.left++
      tell(`- ${nameOf(command)}: not run here: ${why}`)
      continue
    }
    if (where === 'account') prepareAccount()
    run(command, shells[where], where === 'account' ? ' [local cloud instead of an account]' : '')
  }
}

/** What a runbook asks may be unwell: that is why somebody reads it. */
function answering({ text }: PageCommand): Partial<PageCommand> {
  return /^clarity (diagnose|health|queue) /.test(text) ? { exitCodes: [0, 3] } : {}
}

function run(command: PageCommand, shell: Shell, remark: string): void {
  const start = performance.now()
  const { code, output } = inShell(command.text, shell)
  done.add(command.text)
  const isAsSaid = command.exitCodes.includes(code)
  const lacking = !isAsSaid && /^aws /.test(command.text) ? ABSENT.exec(output)?.[0] : undefined
  if (lacking) {
    counts.left++
    tell(`- ${nameOf(command)}: not run here: ${lacking}`)
    return
  }
  counts.ran++
  const end = code === 0 ? '' : `exit code ${code}${isAsSaid ? ', as it says' : ''}, `
  tell(`${isAsSaid ? '✓' : '✗'} ${nameOf(command)} (${end}${seconds(start)})${remark}`)
  if (isAsSaid) return
  counts.failed++
  for (const line of output.trimEnd().split('\n').slice(-LAST_LINES)) tell(`    | ${line}`)
}

/** One command in the shell of its page: what an earlier one exported is there. */
function inShell(text: string, shell: Shell): { code: number; output: string } {
  const exported = join(home, 'exported')
  writeFileSync(exported, shell.exported)
  // awscli before 2.13 does not know the variable; the pages say so
  const aws = awsIsOld
    ? 'aws() { if [ "$AWS_ENDPOINT_URL" ]; then set -- --endpoint-url "$AWS_ENDPOINT_URL" "$@"; fi; command aws "$@"; }'
    : ''
  const script = `. '${exported}'\n${aws}\n${onMovedPorts(text)}\ncode=$?\nexport -p > '${exported}'\nexit $code\n`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: checkout,
    env: { ...clean, ...shell.variables },
    encoding: 'utf8',
    maxBuffer: 1e9,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = stdout + stderr
  appendFileSync(join(home, 'output.log'), `$ ${text}\n${output}\n`)
  shell.exported = readFileSync(exported, 'utf8')
  return { code: status ?? -1, output }
}

/** The local cloud that stands for the accounts: empty, as an account is that nothing was deployed to. */
function prepareAccount(): void {
  if (accountIsUp) return
  accountIsUp = true
  for (const text of ['./clarity up --only-cloud', 'eval "$(./clarity env prod)"'])
    if (inShell(text, signedIn).code !== 0) throw new Error(`'${text}' failed: see ${home}/output.log`)
}

function whyNot({ text, needs }: PageCommand): string | undefined {
  if (ONCE.test(text) && done.has(text)) return 'ran above'
  if (TESTS.test(text) && process.env.FAST) return 'FAST=1'
  if (WHOLE.test(text)) return 'it is a run of its own, on a clone of its own'
  if (text === 'make coverage' && done.has('make test'))
    return 'runs the tests of make test again; ci.yml runs it'
  if (text.includes('https://')) return 'it needs the domain of an environment'
  if (/^aws /.test(text) && !tryRun('aws', ['--version'])) return 'there is no awscli on this machine'
  if (needs === undefined || needs === 'an AWS account') return undefined
  if (needs === 'Docker') return tryRun('docker', ['info']) ? undefined : 'no Docker answers on this machine'
  return `it needs ${needs}`
}

/** The ports that the pages name, where they are free; others of this machine's where something else is there. */
async function movedPorts(): Promise<Record<string, string>> {
  if (await areFree(Object.values(PORTS))) return {}
  const ports: Record<string, string> = {}
  for (const name of Object.keys(PORTS)) ports[name] = `${await freePort()}`
  tell(`ports of the pages are taken here: ${Object.values(PORTS)} are ${Object.values(ports)}`)
  return ports
}

function onMovedPorts(text: string): string {
  return Object.entries(PORTS).reduce(
    (command, [name, port]) => command.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${moved[name] ?? port}`),
    text,
  )
}

async function accountPorts(): Promise<Record<string, string>> {
  return { CLARITY_AWS_PORT: `${await freePort()}`, CLARITY_REHEARSE: `${await freePort(REHEARSAL_PORTS)}` }
}

function folderOf(program: string): string {
  return resolve(execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim(), '..')
}

function tryRun(program: string, args: string[]): string {
  const { status, stdout } = spawnSync(program, args, { env: clean, encoding: 'utf8' })
  return status === 0 ? stdout || 'it is there' : ''
}

function nameOf({ page, line, text }: PageCommand): string {
  return `${page}:${line}  ${text}`
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}
