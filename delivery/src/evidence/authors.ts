import type { Author } from '../diagnose/deployment-history.ts'
import type { EvidenceDocument } from './document.ts'

/**
 * Who began each deployment, and who ordered those to be stopped that were: a person by `rollback`, by `drill`, which
 * fails on purpose, or by rejecting it; clarity itself where a release was rolled back without that.
 */
export function authorsOf(documents: EvidenceDocument[]): Map<string, Author> {
  const authors = new Map<string, Author>()
  for (const { deployments, who, sequence, verdict, kind } of documents)
    for (const arn of deployments) {
      const known = authors.get(arn)
      const byClarity = verdict === 'rolled-back' && kind !== 'rejection'
      authors.set(arn, {
        who: known?.who ?? who,
        sequence: known?.sequence ?? sequence,
        stoppedBy: kind === 'drill' ? 'person' : byClarity ? 'clarity' : known?.stoppedBy,
      })
    }
  for (const { stopped = [], who, sequence } of documents)
    for (const arn of stopped) authors.set(arn, { who, sequence, ...authors.get(arn), stoppedBy: 'person' })
  return authors
}
