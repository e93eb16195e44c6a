import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { type JobRun, type RunOptions, runWorkflow } from './run-workflow.ts'

/**
 * `make rehearse`: the pipeline without GitHub. A clone of this checkout, a local cloud of its own with dev, staging
 * and prod on it, and the jobs of `ci.yml` and `cd.yml` in order, as the files say: a push to develop, a push to main that
 * is approved into prod, and a bad push to main that must not get there. Exit code 1 when any of that goes otherwise.
 *
 * `ONLY=cd` leaves `ci.yml` out. `ALL=1` runs every job of it; without it those are left out that run the tests again or measure. `VERBOSE=1` shows
 * what the commands print.
 */
const root = resolve(import.meta.dirname, '../..')
const home = join(root, '.clarity/rehearsal')
const clone = join(home, 'checkout')
const evidence = join(home, 'evidence')
const LONG = ['test', 'coverage', 'benchmarks', 'rehearsal']
/** What GitHub alone has at hand: Docker. */
const ELSEWHERE = process.env.DOCKER === '1' ? [] : ['image-docker']

rmSync(home, { recursive: true, force: true })
mkdirSync(evidence, { recursive: true })
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost', ...args], {
    cwd: clone,
    encoding: 'utf8',
  }).trim()
execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, clone])
takeOverChanges()
const env = await environmentOf()
const problems: string[] = []
const head = () => git('rev-parse', 'HEAD')

try {
  tell('the checkout: what a clone and an installation need')
  sh('make', 'install')
  if (process.env.ONLY !== 'cd') {
    tell('ci.yml: a pull request to main')
    const ci = await run(
      'ci.yml',
      'refs/pull/1/merge',
      { pull_request: { base: { sha: head() } } },
      leftOut(),
    )
    expect(
      'every job of ci.yml passes',
      ci.every(({ result }) => result === 'succeeded'),
    )
  }

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
} finally {
  sh('./clarity', 'down')
}
for (const problem of problems) process.stdout.write(`✗ not so: ${problem}\n`)
process.exitCode = problems.length > 0 ? 1 : 0

/** What is changed here and not committed is rehearsed too. */
function takeOverChanges(): void {
  const diff = execFileSync('git', ['diff', 'HEAD', '--binary'], { cwd: root, maxBuffer: 1e9 })
  if (diff.length === 0) return
  execFileSync('git', ['apply', '--index'], { cwd: clone, input: diff })
  git('commit', '-qm', 'what is not committed yet')
}

async function environmentOf(): Promise<NodeJS.ProcessEnv> {
  const { GITHUB_ACTIONS: _, ...variables } = process.env
  const [aws, base] = [await freePort(), await freePort()]
  return {
    ...variables,
    CLARITY_STATE: join(home, 'state'),
    CLARITY_AWS_PORT: `${aws}`,
    CLARITY_REHEARSE: `${base}`,
    GITHUB_ACTOR: 'rehearsal',
    GITHUB_REPOSITORY: 'rehearsal',
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise(done => server.close(done))
  return port
}

function run(file: string, ref: string, event = {}, leaveOut: string[] = []): Promise<JobRun[]> {
  const verbose = process.env.VERBOSE === '1'
  const options: RunOptions = {
    root: clone,
    env: { ...env, GITHUB_SHA: head() },
    github: { ref, sha: head(), event, token: '' },
    leaveOut,
    tell: line => process.stdout.write(`  ${line}\n`),
    output: verbose ? text => process.stdout.write(text) : undefined,
  }
  return runWorkflow(file, options)
}

function leftOut(): string[] {
  if (process.env.ALL === '1') return ELSEWHERE
  tell(`  left out: ${LONG.join(', ')} (ALL=1 runs them)`)
  return [...LONG, ...ELSEWHERE]
}

/** What serves alike and is another release. */
function commitChange(): void {
  writeFileSync(
    join(clone, 'backend/src/rehearsed.ts'),
    `export const REHEARSED = '${new Date().toISOString()}'\n`,
  )
  git('add', '-A')
  git('commit', '-qm', 'a good commit')
}

/** The backend ends as soon as it is started. */
function breakBackend(): void {
  const file = join(clone, 'backend/src/api.ts')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nprocess.exit(7)\n`)
  git('commit', '-qam', 'a bad commit')
}

function serving(name: string): string | undefined {
  const text = execFileSync('./clarity', ['status', name, '--json'], { cwd: clone, env, encoding: 'utf8' })
  return JSON.parse(text.trim().split('\n').at(-1) ?? '{}').data?.services?.[0]?.release
}

function sh(program: string, ...args: string[]): void {
  const start = performance.now()
  execFileSync(program, args, { cwd: clone, env, stdio: ['ignore', 'ignore', 'inherit'] })
  process.stdout.write(
    `  ✓ ${[program, ...args].join(' ')} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`,
  )
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
