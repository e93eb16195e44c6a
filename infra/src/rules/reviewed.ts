import { namesOf } from '@clarity/environments'
import { actionsByRole } from './identity.ts'
import agreed from './reviewed.json' with { type: 'json' }
import type { Rule, Templates } from './rule.ts'
import { STATEFUL } from './storage.ts'

/** What a person has looked at and agreed to; `make render` writes it, and a change of it is a change to review. */
export interface Reviewed {
  /** `<stack>/<logical id>` -> type, of everything whose loss is the loss of data. */
  stateful: Record<string, string>
  /** The actions of each policy, by its name without the environment's prefix. */
  actions: Record<string, string[]>
}

const AGREED: Reviewed = agreed

/** Where the reviewed lists lie. */
export const REVIEWED_FILE = new URL('./reviewed.json', import.meta.url)

/** What templates would have to be agreed to. */
export function reviewedOf({ of, environment }: Templates): Reviewed {
  const { prefix } = namesOf(environment)
  const stateful = of(...STATEFUL).map(({ stack, id, type }) => [`${stack}/${id}`, type] as const)
  const actions = Object.entries(
    actionsByRole(of('AWS::IAM::ManagedPolicy', 'AWS::IAM::Policy', 'AWS::IAM::RolePolicy')),
  ).map(([name, list]) => [name.replace(`${prefix}-`, ''), list] as const)
  return {
    stateful: Object.fromEntries(stateful.sort(([a], [b]) => a.localeCompare(b))),
    actions: Object.fromEntries(actions.sort(([a], [b]) => a.localeCompare(b))),
  }
}

/** Rules that hold templates to what was agreed to. */
export const REVIEWED_RULES: Rule[] = [
  {
    name: 'stateful-ids-stay',
    demands: 'what holds data keeps its logical id: another id is another, empty, resource',
    cites: ['164.308(a)(7)(ii)(A)'],
    check: (templates, find) => {
      const { stateful } = reviewedOf(templates)
      for (const [where, type] of Object.entries(AGREED.stateful))
        if (stateful[where] !== type) find(where, `${type} is gone from here`)
      for (const where of Object.keys(stateful))
        if (!(where in AGREED.stateful)) find(where, 'it is new: run make render, and review the difference')
    },
  },
  {
    name: 'reviewed-actions',
    demands: 'each role may do what its reviewed list says and nothing else',
    cites: ['164.308(a)(4)(ii)(C)'],
    check: (templates, find) => {
      const { actions } = reviewedOf(templates)
      for (const [policy, list] of Object.entries(actions)) {
        const more = list.filter(action => !AGREED.actions[policy]?.includes(action))
        if (more.length > 0)
          find(policy, `${more.join(', ')} was never reviewed: run make render, and review`)
      }
    },
  },
]
