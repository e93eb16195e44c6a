import type { Environment } from '@clarity/environments'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { gateContradiction } from '../release/gate.ts'

/**
 * Refuses to begin what could not wait for the approval that the environment asks for.
 * @throws ClarityError `cannot_be_gated` (exit code 9)
 */
export function requireGate(environment: Environment): void {
  const contradiction = gateContradiction(environment)
  if (!contradiction) return
  throw new ClarityError('cannot_be_gated', contradiction.says, contradiction.fix, {
    exitCode: EXIT.preflightFailed,
  })
}
