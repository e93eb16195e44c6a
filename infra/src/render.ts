import type { CheckedEnvironment } from './check-environments.ts'
import { controlMatrix } from './controls/control-matrix.ts'
import { acknowledgedLines } from './nag/nag.ts'
import { type Reviewed, reviewedOf } from './rules/reviewed.ts'

/** A file that is made from code and kept beside it, by its path from the root. */
export interface RenderedFile {
  path: string
  text: string
}

/** What the environments say of themselves: controls, what was reviewed, and what was acknowledged. */
export function renderReviews(environments: CheckedEnvironment[]): RenderedFile[] {
  return [
    { path: 'docs/controls.md', text: controlMatrix(environments) },
    { path: 'infra/src/rules/reviewed.json', text: json(union(environments)) },
    { path: 'infra/src/nag/acknowledged.txt', text: `${acknowledged(environments).join('\n')}\n` },
  ]
}

/** JSON as this repository keeps it. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function union(environments: CheckedEnvironment[]): Reviewed {
  const all = environments.map(({ templates }) => reviewedOf(templates))
  const actions: Record<string, string[]> = {}
  for (const one of all)
    for (const [policy, list] of Object.entries(one.actions))
      actions[policy] = [...new Set([...(actions[policy] ?? []), ...list])].sort()
  return { stateful: Object.assign({}, ...all.map(({ stateful }) => stateful)), actions }
}

function acknowledged(environments: CheckedEnvironment[]): string[] {
  return acknowledgedLines(
    environments.map(({ environment, nag, acknowledged: answers }) => ({
      name: environment.name,
      // the environment's own name stands in many resource names
      mask: text =>
        text
          .replaceAll(`clarity-${environment.name}`, 'clarity')
          .replaceAll(`/clarity/${environment.name}/`, '/clarity/<env>/')
          .replaceAll(environment.account, '<account>'),
      findings: nag,
      acknowledged: answers,
    })),
  )
}
