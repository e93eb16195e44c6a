import { createHash } from 'node:crypto'

/** Of what evidence is kept. */
export type EvidenceKind = 'deployment' | 'rollback' | 'approval' | 'rejection' | 'drill' | 'redrive'

/** What a command knows when it has ended. No health data, no secret and no log line has a place here. */
export interface EvidenceEntry {
  kind: EvidenceKind
  release: string
  /** `sha256:…` of the image manifest. */
  digest: string
  commit?: string
  /** The person or pipeline, by their own word, and the machine. */
  who: string
  host: string
  /** The ARN that the calls were signed as: AWS's word. */
  principal?: string
  /** ISO 8601. */
  startedAt: string
  endedAt: string
  /**
   * `succeeded`, `rolled-back`, `stopped`, `approved`, `rejected`, `passed`, `not-held` (a drill that was not let into
   * production), `moved` (a redrive), `interrupted` (a command that did not end in order), or the code of the error that ended it.
   */
  verdict: string
  exitCode: number
  /** Why it ended so, or why it was done. */
  reason?: string
  /** What took how long, in order. */
  stages: { stage: string; seconds: number }[]
  probes?: { sent: number; failed: number; slow: number; byRelease: Record<string, number> }
  /** Every check of the suites that ran on the test listener. */
  suites: { name: string; passed: boolean; milliseconds: number }[]
  preflight?: { passed: number; failed: number; unchecked: number }
  /** ARNs of the ECS service deployments that this began. */
  deployments: string[]
  /** ARNs of ECS service deployments that this ordered to be stopped. */
  stopped?: string[]
  /** For a promotion: where the same digest served and passed before, and the evidence of it. */
  promotedFrom?: { environment: string; evidence: string }
  /** Who let it into production, where a person must: at, in ISO 8601. */
  approval?: { by: string; at: string }
  drill?: DrillClocks
}

/** The clocks of a drill, each in seconds after the fault began; absent is what never came. */
export interface DrillClocks {
  /** The prober had seen enough. */
  detected?: number
  /** ECS had accepted the rollback. */
  commanded?: number
  /** The production rule gave all weight to the release before. */
  weights?: number
  /** A hundred answers in a row had been good and the old release's. */
  hundredGood?: number
  /** ECS had ended the rollback. */
  ended?: number
}

/** A link of the chain: an entry with its place, and the hashes that hold it there. */
export interface EvidenceDocument extends EvidenceEntry {
  schema: 1
  environment: string
  /** 1 for the first of an environment, and one more for each. */
  sequence: number
  /** `hash` of the link before; sixty-four zeros for the first. */
  previousHash: string
  /** SHA-256 in hex of the canonical JSON of everything else in the document. */
  hash: string
}

/** The link before the first. */
export const GENESIS = '0'.repeat(64)

/** Makes an entry the next link of a chain. */
export function linkAfter(
  head: Pick<EvidenceDocument, 'sequence' | 'hash'> | undefined,
  environment: string,
  entry: EvidenceEntry,
): EvidenceDocument {
  const document = {
    ...entry,
    schema: 1 as const,
    environment,
    sequence: (head?.sequence ?? 0) + 1,
    previousHash: head?.hash ?? GENESIS,
  }
  return { ...document, hash: hashOf(document) }
}

/** The hash of a document, without the one that it carries. */
export function hashOf(document: object): string {
  const { hash: _, ...rest } = document as { hash?: unknown }
  return createHash('sha256').update(canonicalJson(rest)).digest('hex')
}

/**
 * JSON with sorted names, without spaces and without what is undefined: one value has one text, as RFC 8785 has it
 * for the strings and numbers that occur here.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(member => canonicalJson(member ?? null)).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
