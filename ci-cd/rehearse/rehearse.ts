import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cloneOf, commitAs } from './clone.ts'
import { lacksFor } from './needs.ts'
import { freePort, REHEARSAL_PORTS } from './ports.ts'
import { type JobRun, type RunOptions, runWorkflow } from './run-workflow.ts'

/**
 * `make rehearse`: the pipeline without GitHub. A clone of this checkout, a local cloud of its own with dev, staging
 * and prod on it, and the jobs of `ci.yml`, `security.yml` and `cd.yml` in order, as the files say: a pull request, a push
 * to develop, a push to main that is approved into prod, and a bad push to main that must not get there. Exit code 1 when
 * any of that goes otherwise.
 *
 * A step that needs what this machine has not (the Makefile says so: `(needs docker)`) is told, with the reason, and again
 * at the end; every other is run. `ONLY=cd` (`make rehearse-cd`), `ONLY=ci`, `ONLY=security` (`make security`) take one
 * workflow, `JOBS='lint image'` these jobs of ci.yml and security.yml. What the commands print is in
 * `.clarity/rehearsal/output.log`; `VERBOSE=1` shows it too.
 */
const ONLY = process.env.ONLY
if (ONLY !== undefined && !['ci', 'security', 'cd'].includes(ONLY)) {
  process.stderr.write(`ONLY is ci, security or cd, not '${ONLY}'\n`)
  process.exit(2)
}
/** How many of its last lines are shown of a command that failed. */
const LAST_LINES = 12

const root = resolve(import.meta.dirname, '../..')
const home = join(root, '.clarity/rehearsal')
const clone = join(home, 'checkout')
const evidence = join(home, 'evidence')

rmSync(home, { recursive: true, force: true })
mkdirSync(evidence, { recursive: true })
const git = (...args: string[]) => execFileSync('git', args, { cwd: clone, encoding: 'utf8' }).trim()
const uncommitted = cloneOf(root, clone)
if (uncommitted > 0) tell(`${uncommitted} files are changed and not committed: the clone is without that`)
const env = await environmentOf()
const begun = performance.now()
const problems: string[] = []
const notRun = new Set<string>()
const head = () => git('rev-parse', 'HEAD')
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    tell('interrupted: the local cloud of the rehearsal is stopped')
    stopCloud()
    process.exit(130)
  })

try {
  tell('the checkout: what a clone and an installation need')
  sh('make', 'install')
  if (ONLY !== 'cd') await rehearseChange()
  if (ONLY === undefined || ONLY === 'cd') await rehearseDelivery()
} finally {
  stopCloud()
}
for (const what of notRun) tell(`- not run here: ${what}`)
for (const problem of problems) tell(`✗ not so: ${problem}`)
const minutes = ((performance.now() - begun) / 60_000).toFixed(1)
tell(
  `${problems.length === 0 ? '✓' : '✗'} rehearsed${ONLY ? ` ${ONLY}.yml` : ''}${process.env.JOBS ? ` (${process.env.JOBS})` : ''} in ${minutes} min; ${notRun.size} things could not be run here`,
)
process.exitCode = problems.length > 0 ? 1 : 0

/** A pull request: what it must pass, on the commit that is checked out, against the one before. */
async function rehearseChange(): Promise<void> {
  const event = { pull_request: { base: { sha: commitBefore() } } }
  // what runs there has clouds of its own
  const variables = { ...process.env, GITHUB_ACTIONS: undefined }
  const passed = new Set<string>()
  let count = 0
  for (const name of ['ci', 'security'] as const) {
    if (ONLY !== undefined && ONLY !== name) continue
    tell(`${name}.yml: a pull request to main`)
    const jobs = await run(`${name}.yml`, 'refs/pull/1/merge', event, variables, passed)
    count += jobs.length
    expect(
      `every job of ${name}.yml that can be run here passes${process.env.JOBS ? ` (of ${process.env.JOBS})` : ''}`,
      jobs.every(({ result }) => ['succeeded', 'not run'].includes(result)),
    )
  }
  if (count === 0) expect(`there is a job of the name ${process.env.JOBS}`, false)
}

/** Pushes: to develop, to main, and a bad one. */
async function rehearseDelivery(): Promise<void> {
  tell('the accounts: a local cloud with dev, staging and prod, and their stacks')
  sh('./clarity', 'up', '--only-cloud')
  for (const name of ['dev', 'staging', 'prod']) sh('./clarity', 'infra', 'deploy', name)

  tell('cd.yml: a push to develop')
  const develop = await run('cd.yml', 'refs/heads/develop')
  expect('develop goes to dev and nowhere else', ran(develop) === 'build-dev,dev')

  tell('a first release into staging, and the drill there that prod asks for')
  sh('./clarity', 'deploy', 'staging')
  sh('./clarity', 'drill', 'staging')

  tell('cd.yml: a push to main, and the reviewers approve')
  commitChange()
  const main = await run('cd.yml', 'refs/heads/main')
  expect('main goes to staging, then to prod', ran(main) === 'build-staging,staging,prod')
  const digests = new Set(
    main.filter(({ result }) => result === 'succeeded').map(({ outputs }) => outputs.digest),
  )
  expect('it is one digest all the way', digests.size === 1 && !digests.has(''))
  const good = serving('prod')

  tell('cd.yml: a bad commit on main')
  breakBackend()
  const bad = await run('cd.yml', 'refs/heads/main')
  expect('staging refuses it', bad.find(({ job }) => job === 'staging')?.result === 'failed')
  expect('prod is not asked', bad.find(({ job }) => job === 'prod')?.result === 'skipped')
  expect('prod serves what it served', serving('prod') === good)

  tell('the evidence')
  for (const name of ['dev', 'staging', 'prod']) sh('./clarity', 'history', name, '--verify')
  cpSync(join(clone, '.clarity/evidence'), evidence, { recursive: true })
  const pages = [...develop, ...main, ...bad].map(page).join('\n')
  writeFileSync(join(evidence, 'summary.md'), pages)
  tell(`evidence and the page of each run: ${evidence}`)
}

async function environmentOf(): Promise<NodeJS.ProcessEnv> {
  const { GITHUB_ACTIONS: _, ...variables } = process.env
  const [aws, base] = [await freePort(), await freePort(REHEARSAL_PORTS)]
  return {
    ...variables,
    CLARITY_STATE: join(home, 'state'),
    CLARITY_AWS_PORT: `${aws}`,
    CLARITY_REHEARSE: `${base}`,
    GITHUB_ACTOR: 'rehearsal',
    GITHUB_REPOSITORY: 'rehearsal',
  }
}

function run(
  file: string,
  ref: string,
  event: object = {},
  variables = env,
  passed?: Set<string>,
): Promise<JobRun[]> {
  const verbose = process.env.VERBOSE === '1'
  const options: RunOptions = {
    root: clone,
    env: { ...variables, GITHUB_SHA: head() },
    github: {
      ref,
      sha: head(),
      event,
      event_name: ref.includes('/pull/') ? 'pull_request' : 'push',
      token: '',
    },
    lacks: lacksFor(clone),
    jobs: file === 'cd.yml' ? undefined : process.env.JOBS?.split(' '),
    ...(passed ? { passed } : {}),
    notRun: what => notRun.add(what),
    tell: line => process.stdout.write(`  ${line}\n`),
    output: text => {
      appendFileSync(join(home, 'output.log'), text)
      if (verbose) process.stdout.write(text)
    },
  }
  return runWorkflow(file, options)
}

/** What a pull request of the newest commit would be compared with. */
function commitBefore(): string {
  const [commit = head(), before] = git('rev-list', '--max-count=2', 'HEAD').split('\n')
  return before ?? commit
}

function stopCloud(): void {
  if (existsSync(join(home, 'state'))) spawnSync('./clarity', ['down'], { cwd: clone, env })
}

/** What serves alike and is another release. */
function commitChange(): void {
  writeFileSync(
    join(clone, 'backend/src/rehearsed.ts'),
    `export const REHEARSED = '${new Date().toISOString()}'\n`,
  )
  git('add', '-A')
  commitAs(clone, '-qm', 'a good commit')
}

/** The backend ends as soon as it is started. */
function breakBackend(): void {
  const file = join(clone, 'backend/src/api.ts')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nprocess.exit(7)\n`)
  commitAs(clone, '-qam', 'a bad commit')
}

function serving(name: string): string | undefined {
  const text = execFileSync('./clarity', ['status', name, '--json'], { cwd: clone, env, encoding: 'utf8' })
  return JSON.parse(text.trim().split('\n').at(-1) ?? '{}').data?.services?.[0]?.release
}

/** A command before or between the workflows. @throws Error with its last lines when it fails */
function sh(program: string, ...args: string[]): void {
  const start = performance.now()
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: clone,
    env,
    encoding: 'utf8',
    maxBuffer: 1e9,
  })
  const output = `${stdout ?? ''}${stderr ?? ''}`
  appendFileSync(join(home, 'output.log'), output)
  if (process.env.VERBOSE === '1') process.stdout.write(output)
  const name = [program, ...args].join(' ')
  if (status !== 0) {
    const end = output.trimEnd().split('\n').slice(-LAST_LINES).join('\n')
    throw new Error(`${name} ended with ${status ?? error?.message}\n${end}`)
  }
  tell(`  ✓ ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
}

function ran(jobs: JobRun[]): string {
  return jobs
    .filter(({ result }) => result === 'succeeded')
    .map(({ job }) => job)
    .join(',')
}

function page({ job, result, summary }: JobRun): string {
  return `## ${job}: ${result}\n\n${summary}`
}

function expect(what: string, so: boolean): void {
  process.stdout.write(`  ${so ? '✓' : '✗'} ${what}\n`)
  if (!so) problems.push(what)
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}
