import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ENVIRONMENTS, type Environment } from '@clarity/environments'
import type { Acknowledgement, NagFinding } from './nag/acknowledgement.ts'
import { acknowledgements } from './nag/acknowledgements.ts'
import { nagFindings, unanswered } from './nag/nag.ts'
import { type Assembled, validateTemplates } from './nag/validate.ts'
import { RULES } from './rules/all-rules.ts'
import { applyRules, type Finding, type Templates, templatesOf } from './rules/rule.ts'
import { assemble } from './synth.ts'

/** What all rules say of one environment. */
export interface CheckedEnvironment {
  environment: Environment
  templates: Templates
  /** Of our rules. */
  findings: Finding[]
  /** All that the packs found, answered for or not. */
  nag: NagFinding[]
  acknowledged: Acknowledgement[]
  /** What nobody answers for, and answers to nothing. */
  open: string[]
}

export interface Checked {
  environments: CheckedEnvironment[]
  /** What CDK's CloudFormation validation finds wrong. */
  invalid: string[]
}

/**
 * What CDK's validation says and we do otherwise, by rule.
 * - W3010: zones are named, because a subnet that moves to another zone is replaced with all that is in it.
 */
const ACCEPTED = ['W3010']

/** Synthesizes environments and applies every rule to each: ours, cdk-nag's two packs, and CDK's own validation. */
export function checkEnvironments(
  environments: Environment[] = Object.values(ENVIRONMENTS),
  { validate = true } = {},
): Checked {
  const root = mkdtempSync(join(tmpdir(), 'clarity-check-'))
  try {
    const assembled: Assembled[] = []
    const checked = environments.map(environment => {
      const outdir = join(root, environment.name)
      const { app, stacks } = assemble(environment, outdir)
      assembled.push({ environment, app, outdir, stacks })
      const templates = templatesOf(environment, stacks)
      const nag = nagFindings(app)
      const acknowledged = acknowledgements(environment)
      const { findings, idle } = unanswered(nag, acknowledged)
      return {
        environment,
        templates,
        findings: applyRules(RULES, templates),
        nag,
        acknowledged,
        open: [
          ...findings.map(({ severity, rule, path }) => `${severity} ${rule} at ${path}`),
          ...idle.map(what => `nothing to acknowledge: ${what}`),
        ],
      }
    })
    const invalid = validate
      ? validateTemplates(assembled).filter(line => !ACCEPTED.some(rule => line.includes(` ${rule}:`)))
      : []
    return { environments: checked, invalid }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
