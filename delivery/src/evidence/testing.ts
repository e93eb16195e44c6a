import { canonicalJson, type EvidenceDocument, type EvidenceEntry, linkAfter } from './document.ts'
import { keyOf, type StoredLink } from './verify-chain.ts'

/** A successful deployment with passed suites; for tests. */
export const GOOD: EvidenceEntry = {
  kind: 'deployment',
  release: 'r1',
  digest: 'sha256:aa',
  who: 'ada',
  host: 'desk',
  startedAt: '2026-11-24T12:00:00.000Z',
  endedAt: '2026-11-24T12:01:00.000Z',
  verdict: 'succeeded',
  exitCode: 0,
  stages: [],
  suites: [{ name: 'is alive', passed: true, milliseconds: 3 }],
  deployments: [],
}

/** Entries as the stored links of a chain; for tests. */
export function storedChain(entries: Partial<EvidenceEntry>[]): StoredLink[] {
  let head: EvidenceDocument | undefined
  return entries.map(entry => {
    head = linkAfter(head, 'staging', { ...GOOD, ...entry })
    return { key: keyOf(head.sequence), text: canonicalJson(head) }
  })
}
