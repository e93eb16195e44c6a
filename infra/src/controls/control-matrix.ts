import type { CheckedEnvironment } from '../check-environments.ts'
import { RULES } from '../rules/all-rules.ts'
import { RELEASE_RULES } from '../rules/release.ts'
import { STANDARDS } from './standards.ts'

/** A rule as a row: ours over templates, ours over releases. */
interface Row {
  name: string
  demands: string
  cites: string[]
  test: string
}

/**
 * `docs/controls.md`: for each standard of the Security Rule that a template can show, what is demanded, and the rule
 * and test that show it. A rule that cites nothing is listed apart: it guards releases, not a standard.
 */
export function controlMatrix(environments: CheckedEnvironment[]): string {
  const rows: Row[] = [
    ...RULES.map(rule => ({ ...rule, cites: rule.cites ?? [], test: 'infra/src/check.test.ts' })),
    ...RELEASE_RULES.map(rule => ({ ...rule, cites: rule.cites ?? [], test: 'test/infra-release.test.ts' })),
  ]
  const cited = [...new Set(rows.flatMap(({ cites }) => cites))].sort(byNumber)
  return [
    '# Controls',
    '',
    'Made from the rules by `make render`; a test holds it equal. Each line is a fact of the CloudFormation templates, or of the',
    'task definitions and services that a release makes, that a rule checks in every environment. It shows what the templates ask',
    'AWS for. It does not show that an account runs these templates, that people follow procedures, or that agreements are signed:',
    'the last table lists what a template cannot show.',
    '',
    `Environments: ${environments.map(({ environment, templates }) => `${environment.name} (${templates.stacks.length} stacks)`).join(', ')}.`,
    'A rule marked ¹ spares the laptop, whose AWS is plain HTTP on 127.0.0.1.',
    '',
    '## By citation (45 CFR)',
    '',
    '| citation | standard | control | rule | test |',
    '|---|---|---|---|---|',
    ...cited.flatMap(cite =>
      rows
        .filter(({ cites }) => cites.includes(cite))
        .map(
          row =>
            `| ${cite} | ${STANDARDS[cite] ?? unknown(cite)} | ${row.demands} | ${nameOf(row.name)} | \`${row.test}\` |`,
        ),
    ),
    '',
    '## Without a citation',
    '',
    'What keeps releases safe and cost known.',
    '',
    '| control | rule | test |',
    '|---|---|---|',
    ...rows
      .filter(({ cites }) => cites.length === 0)
      .map(row => `| ${row.demands} | ${nameOf(row.name)} | \`${row.test}\` |`),
    '',
    '## Rule packs',
    '',
    'cdk-nag’s HIPAA.Security and AwsSolutions packs run over every environment. What they find and what stays, with its reason and',
    'owner, is in `infra/src/nag/acknowledged.txt`, a reviewed list:',
    '',
    '| environment | findings answered for | findings open |',
    '|---|---|---|',
    ...environments.map(
      ({ environment, nag, open }) => `| ${environment.name} | ${nag.length} | ${open.length} |`,
    ),
    '',
    '## What a template cannot show',
    '',
    '| citation | needed | where |',
    '|---|---|---|',
    ...BEYOND.map(([cite, needed, where]) => `| ${cite} | ${needed} | ${where} |`),
    '',
  ].join('\n')
}

/** Requirements that no template meets. */
const BEYOND: [cite: string, needed: string, where: string][] = [
  ['164.308(b)(1)', 'a business associate agreement with AWS', 'AWS Artifact; a person accepts it'],
  [
    '164.308(b)(1)',
    'one with Google before any fact of a user goes to Gemini',
    'the API refuses to send without it: `GEMINI_BAA`',
  ],
  ['164.308(a)(1)(ii)(A)', 'a risk analysis', 'the organization'],
  ['164.308(a)(5)(i)', 'training', 'the organization'],
  [
    '164.308(a)(7)(ii)(D)',
    'a restore that was tried',
    'a person, by `aws backup start-restore-job` and a comparison',
  ],
  [
    '164.308(a)(1)(ii)(D)',
    'GuardDuty, Security Hub and AWS Config in the account',
    'the account’s owner: they are the account’s, not an environment’s',
  ],
  ['164.312(d)', 'MFA for the root user and for people', 'the account’s owner'],
]

function nameOf(name: string): string {
  const spared = RULES.some(rule => rule.name === name && rule.notOnLoopback)
  return `\`${name}\`${spared ? ' ¹' : ''}`
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function unknown(cite: string): never {
  throw new Error(`no standard is known by '${cite}'; add it to standards.ts with its title in 45 CFR 164`)
}
