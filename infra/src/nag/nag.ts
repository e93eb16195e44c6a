import type { App } from 'aws-cdk-lib'
import { AwsSolutionsChecks, HIPAASecurityChecks } from 'cdk-nag'
import { type Acknowledgement, covers, type NagFinding } from './acknowledgement.ts'

/** Everything that cdk-nag's HIPAA.Security and AwsSolutions packs find in the constructs of an app. */
export function nagFindings(app: App): NagFinding[] {
  return [HIPAASecurityChecks, AwsSolutionsChecks].flatMap(Pack =>
    new Pack(app).validateScope(app).violations.flatMap(({ ruleName, severity, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({
        rule: ruleName,
        path: (constructPath ?? '').replace(/\/Resource$/, ''),
        severity: severity === 'error' ? ('error' as const) : ('warning' as const),
      })),
    ),
  )
}

/** What nobody answers for, and the answers that are to nothing. */
export function unanswered(
  findings: NagFinding[],
  acknowledged: Acknowledgement[],
): { findings: NagFinding[]; idle: string[] } {
  return {
    findings: findings.filter(finding => !acknowledged.some(one => covers(one, finding))),
    idle: acknowledged.flatMap(one =>
      one.rules
        .filter(rule => !findings.some(finding => finding.rule === rule && covers(one, finding)))
        .map(rule => `${rule} at ${one.where.join(', ')}`),
    ),
  }
}

/** The list that is reviewed: one line a finding, with the environments in which it stays and who answers for it. */
export function acknowledgedLines(
  environments: {
    name: string
    mask: (text: string) => string
    findings: NagFinding[]
    acknowledged: Acknowledgement[]
  }[],
): string[] {
  const lines = new Map<string, Set<string>>()
  for (const { name, mask, findings, acknowledged } of environments)
    for (const finding of findings) {
      const answer = acknowledged.find(one => covers(one, finding))
      if (!answer) continue
      const line = `${mask(finding.rule)} at ${mask(finding.path)} — ${answer.owner}: ${answer.accepted}`
      lines.set(line, (lines.get(line) ?? new Set()).add(name))
    }
  return [...lines].map(([line, where]) => `${line} (${[...where].join(', ')})`).sort()
}
