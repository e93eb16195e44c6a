import { gateContradiction } from '../../release/gate.ts'
import { type Check, failed, passed } from '../check.ts'

/** An approval that is asked for must be one that can be waited for. */
export const gate: Check = {
  name: 'gate',
  title: 'what the environment asks for before production can be kept by its strategy',
  run: async ({ environment }) => {
    const contradiction = gateContradiction(environment)
    if (contradiction) return [failed(contradiction.says, contradiction.fix)]
    const { strategy, approval } = environment.deployment
    return [passed(`${strategy}, ${approval ? 'after a person has approved' : 'without an approval'}`)]
  },
}
