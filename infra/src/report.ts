import type { Checked } from './check-environments.ts'
import { RULES } from './rules/all-rules.ts'

/**
 * What a person reads of a check: one line an environment, one a finding, and the sum.
 * @param start of the check, as `performance.now()` told it
 */
export function reportOf(
  { environments, invalid }: Checked,
  start: number,
): { lines: string[]; wrong: number } {
  const wrong = [
    ...invalid,
    ...environments.flatMap(({ environment, findings, open }) => [
      ...findings.map(({ rule, where, says }) => `${environment.name}: ${rule}: ${where}: ${says}`),
      ...open.map(line => `${environment.name}: ${line}`),
    ]),
  ]
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  return {
    wrong: wrong.length,
    lines: [
      ...environments.map(
        ({ environment, templates, nag }) =>
          `${environment.name}: ${templates.stacks.length} stacks, ${templates.resources.length} resources, ${nag.length} findings of the packs answered for`,
      ),
      ...wrong,
      `${RULES.length} rules of ours, HIPAA.Security, AwsSolutions and CDK's validation: ${wrong.length} findings, ${seconds} s`,
    ],
  }
}
