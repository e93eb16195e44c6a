import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { COMMANDS } from '../delivery/src/cli/commands.ts'

/** The rules that no checker of workflows knows, or that would go unseen without one at hand. */
interface Job {
  'runs-on'?: string
  'timeout-minutes'?: number
  uses?: string
  permissions?: Record<string, string>
  concurrency?: { 'cancel-in-progress': boolean }
  steps?: { name?: string; uses?: string; run?: string; with?: Record<string, unknown> }[]
}
interface Workflow {
  on: Record<string, unknown>
  permissions: Record<string, string>
  concurrency?: { 'cancel-in-progress': boolean | string }
  jobs: Record<string, Job>
}

const root = join(import.meta.dirname, '..')
const folder = join(root, '.github/workflows')
const files = readdirSync(folder).filter(name => name.endsWith('.yml'))
const makefile = readFileSync(join(root, 'Makefile'), 'utf8')
const targets = [...makefile.matchAll(/^([a-z-]+):/gm)].map(([, name]) => name)

describe.each(files)('%s', name => {
  const text = readFileSync(join(folder, name), 'utf8')
  const workflow = parse(text) as Workflow
  const jobs = Object.entries(workflow.jobs)
  const steps = jobs.flatMap(([, job]) => job.steps ?? [])

  test('names every action by its hash, with the version beside it', () => {
    for (const [line] of text.matchAll(/uses: .*$/gm))
      expect(line).toMatch(
        /^uses: (\.\/\.github\/workflows\/[\w-]+\.yml|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/,
      )
  })

  test('gives nothing by default, and each permission for a reason', () => {
    expect(workflow.permissions).toEqual({})
    for (const [id, job] of jobs) expect(job.permissions, id).toBeDefined()
    const granted = [...text.matchAll(/^ {6}[\w-]+: (read|write)(.*)$/gm)]
    for (const [line, , reason] of granted) expect(reason, line).toMatch(/^ # \w/)
  })

  test('holds no logic: a step is one make target or one verb', () => {
    for (const { run } of steps.filter(step => step.run)) {
      const [, target, verb] =
        /^(?:make "?([a-z-]+)(?:\$COMMAND)?"?|\.\/clarity ([a-z]+) [\w$"{} -]+)$/.exec(run!) ?? []
      expect(target ?? verb, run).toBeDefined()
      if (verb) expect(COMMANDS.map(command => command.name)).toContain(verb)
      else if (run!.includes('$COMMAND'))
        for (const each of releaseCommands()) expect(targets).toContain(target + each)
      else expect(targets, run).toContain(target)
    }
  })

  test('ends in time, keeps no credentials and no cache, and runs nobody else’s code with secrets', () => {
    for (const [id, job] of jobs) if (!job.uses) expect(job['timeout-minutes'], id).toBeLessThanOrEqual(120)
    for (const { uses, with: settings } of steps) {
      expect(uses ?? '').not.toMatch(/actions\/cache/)
      if (uses?.startsWith('actions/checkout')) expect(settings?.['persist-credentials']).toBe(false)
      if (uses?.startsWith('actions/setup-node')) expect(settings?.['package-manager-cache']).toBe(false)
    }
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target')
    expect(text).not.toMatch(/\$\{\{ *secrets\./)
  })
})

test('a deployment that runs is never cancelled', () => {
  for (const name of ['cd.yml', 'operate.yml']) {
    const { concurrency } = parse(readFileSync(join(folder, name), 'utf8')) as Workflow
    expect(concurrency?.['cancel-in-progress']).toBe(false)
  }
  const release = parse(readFileSync(join(folder, 'release.yml'), 'utf8')) as Workflow
  expect(release.jobs.release?.concurrency?.['cancel-in-progress']).toBe(false)
})

/** What the two callers of `release.yml` ask for. */
function releaseCommands(): string[] {
  const operate = parse(readFileSync(join(folder, 'operate.yml'), 'utf8')) as {
    on: { workflow_dispatch: { inputs: { command: { options: string[] } } } }
  }
  return [...operate.on.workflow_dispatch.inputs.command.options, 'promote']
}
