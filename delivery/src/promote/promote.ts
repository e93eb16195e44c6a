import { namesOf } from '@clarity/environments'
import { createRegistry } from '../aws/registry.ts'
import { EXIT } from '../cli/exit-codes.ts'
import type { ReleaseWorld } from '../deploy/prepare.ts'
import { ClarityError } from '../errors.ts'
import { readChain } from '../evidence/chain.ts'
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

/** Brings the candidate's image into the registry of the next environment, by digest; nothing is built. */
export async function bringImage(
  from: ReleaseWorld,
  to: ReleaseWorld,
  { digest, tag }: Pick<Candidate, 'digest' | 'tag'>,
): Promise<void> {
  const { repository } = namesOf(to.environment)
  if (await createRegistry(to.access).digest(repository, { digest })) return
  await runStep(
    to.emit,
    'promote.copy',
    `copy the image to ${repository} of ${to.environment.name}`,
    async step =>
      copyImage({
        from: await clientOf(from),
        to: await clientOf(to),
        digest,
        tag,
        onProgress: step.progress,
      }),
    blobs =>
      blobs.length === 0
        ? 'all blobs were there'
        : `${blobs.length} blobs, ${(blobs.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1)} MB`,
  )
}

/** The image's tag in the name of a release: `<tag>-<hash of settings>`. */
function tagOf(release: string): string {
  return release.replace(/-[0-9a-f]{8}$/, '')
}

async function clientOf({ access, environment, signal }: ReleaseWorld): Promise<RegistryClient> {
  const { repository } = namesOf(environment)
  return createRegistryClient({ ...(await createRegistry(access).login()), repository, signal })
}
