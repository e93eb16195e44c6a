import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Checked, checkEnvironments } from './check-environments.ts'
import { covers, type NagFinding } from './nag/acknowledgement.ts'
import { CHECKER_ACKNOWLEDGEMENTS } from './nag/checker-acknowledgements.ts'
import { unanswered } from './nag/nag.ts'
import { reportOf } from './report.ts'

const run = promisify(execFile)

/**
 * `node infra/src/lint-infra.ts <folder of cfn-lint and checkov>`: what `check.ts` does, and the same templates through
 * two checkers that are not ours. What they find and what stays is held to the same discipline.
 */
const [bin = ''] = process.argv.slice(2)
const start = performance.now()
const checked = checkEnvironments()
const { lines, wrong } = reportOf(checked, start)
const folder = mkdtempSync(join(tmpdir(), 'clarity-templates-'))
try {
  const files = leave(checked, folder)
  const found = (await Promise.all([cfnLint(files), checkov()])).flat()
  const { findings, idle } = unanswered(found, CHECKER_ACKNOWLEDGEMENTS)
  const stays = found.filter(finding => CHECKER_ACKNOWLEDGEMENTS.some(one => covers(one, finding))).length
  lines.push(
    ...findings.map(({ rule, path, severity }) => `${severity} ${rule} at ${path}`),
    ...idle.map(what => `nothing to acknowledge: ${what}`),
    `cfn-lint and checkov: ${findings.length + idle.length} findings, ${stays} answered for, ${((performance.now() - start) / 1000).toFixed(1)} s in all`,
  )
  process.exitCode = wrong + findings.length + idle.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(`${lines.join('\n')}\n`)

/** Writes the templates, one file an environment and stack. */
function leave({ environments }: Checked, into: string): string[] {
  return environments.flatMap(({ environment, templates }) =>
    templates.stacks.map(({ part, template }) => {
      const path = join(into, `${environment.name}-${part}.json`)
      writeFileSync(path, JSON.stringify(template, null, 1))
      return path
    }),
  )
}

async function cfnLint(files: string[]): Promise<NagFinding[]> {
  const text = await output('cfn-lint', ['--format', 'json', '--non-zero-exit-code', 'none', ...files])
  const matches = JSON.parse(text) as {
    Rule: { Id: string }
    Level: string
    Filename: string
    Location: { Path?: string[] }
  }[]
  return matches.map(({ Rule, Level, Filename, Location }) => ({
    rule: Rule.Id,
    path: `${stackOf(Filename)}/${Location.Path?.[1] ?? ''}`,
    severity: Level === 'Error' ? 'error' : 'warning',
  }))
}

async function checkov(): Promise<NagFinding[]> {
  const options = ['--framework', 'cloudformation', '--quiet', '--compact', '--soft-fail', '--output', 'json']
  const text = await output('checkov', ['--directory', folder, ...options])
  const answer = JSON.parse(text) as {
    summary: { parsing_errors: number }
    results: { failed_checks: { check_id: string; file_path: string; resource: string }[] }
  }
  if (answer.summary.parsing_errors > 0)
    throw new Error(`checkov could not read ${answer.summary.parsing_errors} templates`)
  return answer.results.failed_checks.map(({ check_id, file_path, resource }) => ({
    rule: check_id,
    path: `${stackOf(file_path)}/${resource.split('.').at(-1)}`,
    severity: 'error',
  }))
}

async function output(name: string, args: string[]): Promise<string> {
  return (await run(join(bin, name), args, { maxBuffer: 64 * 1024 * 1024 })).stdout
}

/** `/…/prod-data.json` -> `prod/data`. */
function stackOf(file: string): string {
  const [environment, part] = (file.split('/').at(-1) ?? '').replace('.json', '').split('-')
  return `${environment}/${part}`
}
