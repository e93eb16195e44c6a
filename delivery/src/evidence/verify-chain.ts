import { type EvidenceDocument, GENESIS, hashOf } from './document.ts'

/** One stored version of one object of the chain. */
export interface StoredLink {
  key: string
  /** The body; undefined for a marker that hides the object. */
  text?: string
}

export type ChainCheck =
  | { kind: 'intact'; links: number; head?: { sequence: number; hash: string } }
  | {
      kind: 'broken'
      /** The first link that is not what it was. */
      sequence: number
      how: 'changed' | 'missing' | 'reordered' | 'forked'
      why: string
    }

type Broken = Extract<ChainCheck, { kind: 'broken' }>

/**
 * Finds the first broken link of a chain.
 *
 * What it cannot see: links cut off at the end, which object lock forbids, and a chain that was hashed anew from some
 * link to its end. Both show against a head hash that was noted elsewhere.
 * @param stored every version of every object, by key, of one key the oldest first
 */
export function verifyChain(stored: StoredLink[]): ChainCheck {
  const keys = [...new Set(stored.map(({ key }) => key))].sort()
  const parsed = keys.map(key => readLink(key, stored))
  const hashes = new Map(
    parsed.flatMap(({ document }, at) => (document ? [[document.hash, at] as const] : [])),
  )
  let before: EvidenceDocument | undefined
  for (const [at, { sequence, document, broken }] of parsed.entries()) {
    const expected = (before?.sequence ?? 0) + 1
    const fault = (how: Broken['how'], why: string, of = sequence): Broken => ({
      kind: 'broken',
      sequence: of,
      how,
      why,
    })
    if (sequence > expected) return fault('missing', `${expected} is not there, and ${sequence} is`, expected)
    if (sequence < expected) return fault('forked', `${keys[at]} claims the place of another link`)
    if (broken || !document) return fault(broken?.how ?? 'changed', broken?.why ?? 'it cannot be read')
    if (document.sequence !== sequence)
      return fault('reordered', `what is in its place is the link ${document.sequence}`)
    const previous = before?.hash ?? GENESIS
    if (document.previousHash !== previous) {
      const other = hashes.get(document.previousHash)
      if (other !== undefined && other < at)
        return fault('forked', `it follows the link ${parsed[other]?.sequence}, as another does`)
      if (other !== undefined) return fault('reordered', `it follows the link ${parsed[other]?.sequence}`)
      return before
        ? fault('changed', `it was changed and hashed anew: ${sequence} follows another`, before.sequence)
        : fault('missing', 'the first link follows one that is not there')
    }
    before = document
  }
  return {
    kind: 'intact',
    links: parsed.length,
    head: before && { sequence: before.sequence, hash: before.hash },
  }
}

/** The key of a link: its place alone, so that of two writers of one place S3 refuses the second. */
export function keyOf(sequence: number): string {
  return `evidence/${String(sequence).padStart(10, '0')}.json`
}

/** The place that a key claims; NaN for a key that is none of ours. */
export function sequenceOf(key: string): number {
  return Number(/^evidence\/(\d{10})\D/.exec(key)?.[1] ?? Number.NaN)
}

/** The documents of a chain in their order; of a link that was written again the oldest, which is the true one. */
export function documentsOf(links: StoredLink[]): EvidenceDocument[] {
  const seen = new Set<string>()
  return links.flatMap(({ key, text }) => {
    if (text === undefined || seen.has(key)) return []
    seen.add(key)
    return readDocument(text) ?? []
  })
}

/** The document of a stored text; undefined for what is no link of a chain. */
export function readDocument(text: string): EvidenceDocument | undefined {
  try {
    const document = JSON.parse(text) as EvidenceDocument
    return typeof document?.hash === 'string' && typeof document.sequence === 'number' ? document : undefined
  } catch {
    return undefined
  }
}

function readLink(
  key: string,
  stored: StoredLink[],
): { sequence: number; document?: EvidenceDocument; broken?: Pick<Broken, 'how' | 'why'> } {
  const sequence = sequenceOf(key)
  const versions = stored.filter(link => link.key === key)
  const kept = versions.find(({ text }) => text !== undefined)
  if (Number.isNaN(sequence)) return { sequence: 0, broken: { how: 'forked', why: `${key} is no link` } }
  if (versions.some(({ text }) => text === undefined))
    return {
      sequence,
      broken: { how: 'missing', why: `it was deleted${kept ? '; its version is still in the bucket' : ''}` },
    }
  if (versions.length > 1)
    return {
      sequence,
      broken: {
        how: 'changed',
        why: `it was written ${versions.length} times; the oldest version is the true one`,
      },
    }
  const document = readDocument(kept?.text ?? '')
  if (!document) return { sequence, broken: { how: 'changed', why: 'it is not JSON of a link' } }
  if (hashOf(document) !== document.hash)
    return { sequence, broken: { how: 'changed', why: 'its content does not have its hash' } }
  return { sequence, document }
}
