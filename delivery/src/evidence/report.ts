import type { HistoryEntry } from '../diagnose/deployment-history.ts'
import type { ChainCheck } from './verify-chain.ts'

/** What became of a check of the chain, as text. */
export function verifyLines(check: ChainCheck, without: HistoryEntry[]): string[] {
  const lines = [
    check.kind === 'broken'
      ? `✗ the chain of evidence is broken at ${check.sequence} (${check.how}): ${check.why}`
      : check.head
        ? `✓ the chain of evidence is intact: ${check.links} links, its head is ${check.head.hash}`
        : 'there is no evidence yet',
  ]
  if (check.kind === 'intact' && check.head)
    lines.push('  keep that hash elsewhere: links that are cut off at the end show by it alone')
  if (without.length > 0)
    lines.push(
      `${without.length} deployments have no evidence: they were begun by other means, or their command was killed`,
      ...without.map(({ deployment, release, status }) => `  ${deployment}  ${release}  ${status}`),
    )
  return lines
}

/** Deployments that ended after the first with evidence and have none. */
export function withoutEvidence(entries: HistoryEntry[]): HistoryEntry[] {
  const began = entries
    .filter(({ evidence }) => evidence !== undefined)
    .map(({ createdAt }) => createdAt ?? 0)
  const since = Math.min(...began.map(Number))
  return entries.filter(
    ({ evidence, createdAt, finishedAt }) =>
      evidence === undefined && finishedAt !== undefined && Number(createdAt) > since,
  )
}
