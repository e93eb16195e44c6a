import { namesOf } from '@clarity/environments'
import { createRegistry } from '../aws/registry.ts'
import { createSigningKey, type SigningKey } from '../aws/signing-key.ts'
import { EXIT } from '../cli/exit-codes.ts'
import type { ReleaseWorld } from '../deploy/prepare.ts'
import { ClarityError } from '../errors.ts'
import { readChain } from '../evidence/chain.ts'
import { attachSigned, verifySigned } from '../image/attestations.ts'
import { copyImage } from '../image/copy-image.ts'
import { createRegistryClient, type RegistryClient } from '../image/registry-client.ts'
import { runStep } from '../ui/events.ts'
import { checkServed } from './check-served.ts'
import { serving } from './serving.ts'

/** What may be promoted, and the evidence that it may. */
export interface Candidate {
  release: string
  digest: string
  tag: string
  from: string
  /** Hash of the evidence that it served and passed. */
  evidence: string
}

/**
 * What serves an environment now, if its suites passed there.
 * @throws ClarityError `not_settled`, `not_promotable` (exit code 9) with the reason
 */
export async function chooseCandidate(from: ReleaseWorld): Promise<Candidate> {
  const { name } = from.environment
  return runStep(
    from.emit,
    'promote.choose',
    `find what serves ${name}, and the evidence that it passed there`,
    async () => {
      const { release, digest } = await serving(from)
      const check = checkServed(await readChain(from), digest)
      if (check.kind === 'refused')
        throw new ClarityError(
          'not_promotable',
          `${release} (${digest}) serves ${name} but may not be promoted: ${check.why}`,
          `deploy it there, so that its suites run: clarity deploy ${name}`,
          { exitCode: EXIT.preflightFailed },
        )
      return { release, digest, tag: tagOf(release), from: name, evidence: check.evidence.hash }
    },
    ({ release, digest }) => `${release}, ${digest.slice(0, 19)}`,
  )
}

/**
 * Brings the candidate's image into the registry of the next environment, by digest, with what hangs on it; nothing is
 * built. The source's key must have signed it, and the next environment signs the same statement with its own: each
 * environment believes its own key alone.
 * @throws ClarityError `not_signed` (exit code 9)
 */
export async function bringImage(
  from: ReleaseWorld,
  to: ReleaseWorld,
  { digest, tag }: Pick<Candidate, 'digest' | 'tag'>,
): Promise<void> {
  const { repository } = namesOf(to.environment)
  if ((await createRegistry(to.access).digest(repository, { tag })) === digest) return
  const [source, target] = await Promise.all([clientOf(from), clientOf(to)])
  const statement = await runStep(
    to.emit,
    'promote.verify',
    `verify that ${from.environment.name} has signed where it comes from`,
    async () => {
      const found = await verifySigned(source, digest, await keyOf(from).publicKey())
      if (found.kind === 'signed') return found.statement
      throw new ClarityError(
        'not_signed',
        `${digest} of ${from.environment.name} may come from anywhere: ${found.kind === 'missing' ? 'no signed provenance hangs on it' : found.why}`,
        `in the checkout that it was built from: clarity build --push ${from.environment.name}`,
        { exitCode: EXIT.preflightFailed },
      )
    },
  )
  await runStep(
    to.emit,
    'promote.copy',
    `copy the image to ${repository} of ${to.environment.name}, and sign it there`,
    async step =>
      copyImage({
        from: source,
        to: target,
        digest,
        tag,
        onProgress: step.progress,
        beforeTag: subject => attachSigned(target, subject, statement, keyOf(to)),
      }),
    blobs =>
      blobs.length === 0
        ? 'all blobs were there'
        : `${blobs.length} blobs, ${(blobs.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1)} MB`,
  )
}

function keyOf({ access, environment, handedOn }: ReleaseWorld): SigningKey {
  return createSigningKey(access, environment, handedOn['signing-key-arn'])
}

/** The image's tag in the name of a release: `<tag>-<hash of settings>`. */
function tagOf(release: string): string {
  return release.replace(/-[0-9a-f]{8}$/, '')
}

async function clientOf({ access, environment, signal }: ReleaseWorld): Promise<RegistryClient> {
  const { repository } = namesOf(environment)
  return createRegistryClient({ ...(await createRegistry(access).login()), repository, signal })
}
