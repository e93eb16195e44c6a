import type { EvidenceDocument } from '../evidence/document.ts'
import { documentsOf, type StoredLink, verifyChain } from '../evidence/verify-chain.ts'

export type ServedCheck = { kind: 'passed'; evidence: EvidenceDocument } | { kind: 'refused'; why: string }

/**
 * Whether a digest was released with success and passed every suite there, by the evidence of that environment.
 * @param stored the whole chain; a broken one proves nothing
 */
export function checkServed(stored: StoredLink[], digest: string): ServedCheck {
  const chain = verifyChain(stored)
  if (chain.kind === 'broken')
    return { kind: 'refused', why: `its evidence is broken at ${chain.sequence}: ${chain.why}` }
  const ofDigest = documentsOf(stored).filter(
    document => document.digest === digest && document.kind !== 'drill',
  )
  const succeeded = ofDigest.filter(({ verdict }) => verdict === 'succeeded')
  if (succeeded.length === 0) {
    const last = ofDigest.at(-1)
    const said = last ? `the last one says '${last.verdict}'` : `none of ${chain.links} is of it`
    return { kind: 'refused', why: `there is no evidence of a successful deployment: ${said}` }
  }
  // where a person approved, one command tested and another followed to the end: they share the release
  const tested = new Set(
    ofDigest
      .filter(({ suites }) => suites.length > 0 && suites.every(({ passed }) => passed))
      .map(({ release }) => release),
  )
  const evidence = succeeded.findLast(({ release }) => tested.has(release))
  if (!evidence)
    return { kind: 'refused', why: 'it was deployed, and there is no evidence that its suites passed' }
  return { kind: 'passed', evidence }
}
