import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { deployImage } from '../deploy/deploy-image.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { explainingInterrupt } from '../deploy/interrupted.ts'
import { outcomeWords } from '../deploy/outcome.ts'
import { openWorld } from '../deploy/prepare.ts'
import { ClarityError } from '../errors.ts'
import { deploymentEvidence } from '../evidence/requests.ts'
import { withEvidence } from '../evidence/with-evidence.ts'
import { bringImage, chooseCandidate } from '../promote/promote.ts'
import { chooseTarget } from '../target.ts'
import { waitSeconds } from './deploy.ts'

/** `clarity promote <from> <to>`: the digest that serves one environment becomes what serves the next. */
export const run: RunCommand = async invocation => {
  const { emit, root, variables, signal, values, positionals } = invocation
  const [source = '', name = ''] = positionals
  if (source === name)
    throw new ClarityError('usage', `'${name}' cannot be promoted to itself`, 'name two environments', {
      exitCode: EXIT.usage,
    })
  const from = await openWorld(chooseTarget(source, root, variables), emit, signal, variables)
  const to = await openWorld(chooseTarget(name, root, variables), emit, signal, variables)
  const candidate = await chooseCandidate(from)
  const approvedBefore = values.approved as string | undefined
  if (approvedBefore !== undefined && approvedBefore !== candidate.digest)
    throw new ClarityError(
      'another_release',
      `what was approved is ${approvedBefore}, and ${source} serves ${candidate.digest}`,
      `have a person approve what serves now, or deploy what was approved: clarity deploy ${source}`,
      { exitCode: EXIT.needsApproval },
    )
  if (values['dry-run']) {
    const text = `would release ${candidate.digest} of ${source} (${candidate.release}) into ${name}`
    emit({ type: 'result', text, data: candidate })
    return EXIT.succeeded
  }
  const { release, outcome } = await withEvidence(
    to,
    {
      ...deploymentEvidence(to),
      promotedFrom: { environment: source, evidence: candidate.evidence },
    },
    world =>
      explainingInterrupt(world, () =>
        deployImage(
          world,
          {
            why: `promote from ${source}`,
            tag: candidate.tag,
            digest: candidate.digest,
            bring: async held => {
              await bringImage(from, held, candidate)
              return candidate
            },
          },
          {
            waitSeconds: waitSeconds(invocation),
            waitForApproval: values['wait-approval'] === true,
            approvedBefore,
          },
        ),
      ),
  )
  if (outcome) requireSuccess(outcome.verdict, name, outcome.diagnosis)
  const text = outcome
    ? `${release} ${outcomeWords(outcome)}, the image that serves ${source}`
    : `${release} serves ${name} already; nothing to do`
  emit({ type: 'result', text, data: { ...candidate, release, outcome } })
  return EXIT.succeeded
}
