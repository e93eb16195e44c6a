import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { fill, holds, type Scope } from './expressions.ts'

interface Step {
  id?: string
  name?: string
  if?: string
  uses?: string
  run?: string
  env?: Record<string, string>
}

interface Job {
  name?: string
  needs?: string | string[]
  if?: string
  uses?: string
  with?: Record<string, string>
  env?: Record<string, string>
  outputs?: Record<string, string>
  steps?: Step[]
}

interface Workflow {
  on: { workflow_call?: { outputs?: Record<string, { value: string }> } }
  jobs: Record<string, Job>
}

/**
 * How a job ended. It is skipped when what it needs did not succeed, or its condition does not hold; it is not run when
 * there was nothing in it that can be run here.
 */
export type JobResult = 'succeeded' | 'failed' | 'skipped' | 'not run'

export interface JobRun {
  /** `prod`, or `prod / release` inside a workflow that was called. */
  job: string
  result: JobResult
  seconds: number
  outputs: Record<string, string>
  /** What the steps left for the page of the run, in Markdown. */
  summary: string
}

export interface RunOptions {
  /** The checkout in which commands run. */
  root: string
  /** Variables of every command. */
  env: NodeJS.ProcessEnv
  /** What `github.…` names: `ref`, `event`. */
  github: object
  /** What a command needs and this machine has not, in words; such a step is told as not run, and fails nothing. */
  lacks?(command: string): string | undefined
  /** Ids of the jobs that run; all of them where it is absent. */
  jobs?: string[]
  /** Commands that passed on this commit and would give the same again; those that pass are added. Absent: all are run. */
  passed?: Set<string>
  /** Told once for each step that this machine cannot run, or job that only GitHub can. */
  notRun?(what: string): void
  /** One line of what happens. */
  tell(line: string): void
  /** What a command prints; nothing is shown where it is absent. */
  output?(text: string): void
}

/**
 * Runs a workflow of `.github/workflows` on this machine: its jobs in the order of their needs, its `run:` steps as
 * they stand there, called workflows with their inputs and outputs. Steps that use an action are not run, and said so.
 */
export async function runWorkflow(file: string, options: RunOptions, inputs: Scope = {}): Promise<JobRun[]> {
  const { jobs } = await readWorkflow(options.root, file)
  const runs: JobRun[] = []
  const left = new Map(Object.entries(jobs).filter(([id]) => options.jobs?.includes(id) ?? true))
  while (left.size > 0) {
    const ready = [...left].find(([, job]) => needsOf(job).every(id => !left.has(id)))
    if (!ready) throw new Error(`the jobs of ${file} need each other in a circle`)
    const [id, job] = ready
    left.delete(id)
    const before = needsOf(job).map(need => runs.find(run => run.job === need))
    const needs = Object.fromEntries(before.flatMap(run => (run ? [[run.job, run]] : [])))
    const scope = { github: options.github, inputs, needs, vars: {} }
    const skipped = before.some(run => run?.result !== 'succeeded') || !holds(job.if, scope, false)
    const run = skipped
      ? { job: id, result: 'skipped' as const, seconds: 0, outputs: {}, summary: '' }
      : await runJob(id, job, scope, options)
    options.tell(
      `${MARKS[run.result]} ${id}: ${run.result}${skipped ? '' : ` (${run.seconds.toFixed(1)} s)`}`,
    )
    runs.push(run)
  }
  return runs
}

const MARKS = { succeeded: '✓', failed: '✗', skipped: '-', 'not run': '-' }

async function runJob(id: string, job: Job, scope: Scope, options: RunOptions): Promise<JobRun> {
  const start = performance.now()
  const done = (result: JobResult, outputs: Record<string, string>, summary: string) => {
    return { job: id, result, seconds: (performance.now() - start) / 1000, outputs, summary }
  }
  options.tell(`▸ ${fill(job.name ?? id, scope)}`)
  if (job.uses) {
    const file = job.uses.split('/').at(-1) as string
    const called = await runWorkflow(file, options, fillAll(job.with, scope))
    const { on } = await readWorkflow(options.root, file)
    const jobs = Object.fromEntries(called.map(run => [run.job, run]))
    const outputs = Object.entries(on.workflow_call?.outputs ?? {}).map(([name, { value }]) => [name, value])
    const result = called.every(run => run.result === 'succeeded') ? 'succeeded' : 'failed'
    const summary = called.map(run => run.summary).join('')
    return done(result, fillAll(Object.fromEntries(outputs), { ...scope, jobs }), summary)
  }
  const run = await runSteps(job, scope, options, done)
  if (run.result === 'not run')
    options.notRun?.(
      `job ${id}: ${actionsOf(job)} ${actionsOf(job).includes(',') ? 'run' : 'runs'} on GitHub only`,
    )
  return run
}

/** Every job's first steps: where it runs, and the checkout. */
const PREPARES = /^(step-security\/harden-runner|actions\/(checkout|setup-node|upload-artifact))$/

/** The actions in which the work of a job is, where it is in no command. */
function actionsOf({ steps = [] }: Job): string {
  const actions = steps.flatMap(({ uses }) => uses?.split('@')[0] ?? [])
  return [...new Set(actions)].filter(action => !PREPARES.test(action)).join(', ')
}

async function runSteps(
  job: Job,
  scope: Scope,
  options: RunOptions,
  done: (result: JobResult, outputs: Record<string, string>, summary: string) => JobRun,
): Promise<JobRun> {
  const folder = await mkdtemp(join(tmpdir(), 'clarity-job-'))
  const [summary, output] = [join(folder, 'summary'), join(folder, 'output')]
  const steps: Record<string, { outputs: Record<string, string> }> = {}
  let [failed, ran] = [false, false]
  try {
    await writeFile(summary, '')
    for (const step of job.steps ?? []) {
      if (!holds(step.if, { ...scope, steps }, failed)) continue
      const name = fill(step.name ?? step.uses ?? 'a step', scope)
      if (!step.run) {
        options.tell(`    (${name}: ${step.uses?.split('@')[0]} runs on GitHub only)`)
        continue
      }
      const lacking = options.lacks?.(step.run)
      if (lacking) {
        options.tell(`    - ${name}: ${step.run}: not run here: ${lacking}`)
        options.notRun?.(`${step.run}: ${lacking}`)
        continue
      }
      if (step.run !== PREPARE) ran = true
      if (options.passed?.has(step.run)) {
        options.tell(`    ✓ ${name}: ${step.run} (passed above, on this commit)`)
        continue
      }
      await writeFile(output, '')
      const env = { ...fillAll(job.env, scope), ...fillAll(step.env, { ...scope, steps }) }
      const start = performance.now()
      const { code, last } = await runCommand(step.run, {
        ...options,
        env: { ...options.env, ...env, GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output },
      })
      const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`
      options.tell(
        `    ${code === 0 ? '✓' : '✗'} ${name}: ${step.run} (${code === 0 ? '' : `exit code ${code}, `}${seconds})`,
      )
      if (code !== 0) for (const line of last) options.tell(`      | ${line}`)
      if (step.id) steps[step.id] = { outputs: parseOutputs(await readFile(output, 'utf8')) }
      failed ||= code !== 0
      if (code === 0 && step.run !== PREPARE) options.passed?.add(step.run)
    }
    const outputs = fillAll(job.outputs, { ...scope, steps })
    return done(failed ? 'failed' : ran ? 'succeeded' : 'not run', outputs, await readFile(summary, 'utf8'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What every job begins with, and is not its work. */
const PREPARE = 'make install'

/** How many of its last lines are shown of a command that failed. */
const LAST_LINES = 12

/** The shell is the one that GitHub uses. @returns the exit code, and the last lines that were printed */
function runCommand(
  command: string,
  { root, env, output }: RunOptions,
): Promise<{ code: number; last: string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-e', '-c', command], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let end = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        end = (end + text).slice(-10_000)
        output?.(text)
      })
    child.once('error', reject).once('close', code => {
      resolve({ code: code ?? 1, last: end.trimEnd().split('\n').slice(-LAST_LINES) })
    })
  })
}

async function readWorkflow(root: string, file: string): Promise<Workflow> {
  return parse(await readFile(join(root, '.github/workflows', file), 'utf8')) as Workflow
}

function needsOf({ needs = [] }: Job): string[] {
  return [needs].flat()
}

function fillAll(texts: Record<string, string> = {}, scope: Scope): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(`${text}`, scope)]))
}

function parseOutputs(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^([\w-]+)=(.*)$/gm)].map(([, name, value]) => [name, value]))
}
