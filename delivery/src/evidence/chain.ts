import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from '@clarity/environments'
import { createEvidenceBucket, type EvidenceBucket } from '../aws/evidence-bucket.ts'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { canonicalJson, type EvidenceDocument, type EvidenceEntry, linkAfter } from './document.ts'
import { keyOf, readDocument, type StoredLink, sequenceOf } from './verify-chain.ts'

/** Whose chain, and how to reach it. */
export interface ChainWorld {
  environment: Environment
  access: Access
}

/** Others that may come first before the wait for a place is given up. */
const ATTEMPTS = 30
/** Objects that are read at once. */
const AT_ONCE = 16

/**
 * Adds an entry to the chain of an environment. Of writers at one time each gets a place of its own: S3 creates a key
 * once, and who comes second links to the first.
 * @throws ClarityError `infra_missing` without a bucket, `evidence_not_written`
 */
export async function recordEvidence(world: ChainWorld, entry: EvidenceEntry): Promise<EvidenceDocument> {
  const bucket = createEvidenceBucket(world.access, world.environment)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = await readHead(bucket)
    const document = linkAfter(head, world.environment.name, entry)
    if (await bucket.create(keyOf(document.sequence), canonicalJson(document))) return document
    // an answer was lost on the way: the write had happened
    const there = await readHead(bucket)
    if (there?.hash === document.hash) return document
    await sleep(Math.random() * 50 * Math.min(attempt + 1, 10))
  }
  throw new ClarityError(
    'evidence_not_written',
    `others wrote evidence of ${world.environment.name} first, ${ATTEMPTS} times in a row`,
    `look at the chain with 'clarity history ${world.environment.name} --verify'`,
  )
}

/**
 * Reads the chain of an environment: every version of every link, for `verifyChain`.
 * @param newest only so many of the newest links
 */
export async function readChain(world: ChainWorld, newest?: number): Promise<StoredLink[]> {
  const bucket = createEvidenceBucket(world.access, world.environment)
  const versions = await bucket.versions()
  const keys = [...new Set(versions.map(({ key }) => key))]
  const wanted = new Set(newest === undefined ? keys : keys.slice(-newest))
  const stored = versions.filter(({ key }) => wanted.has(key))
  const links: StoredLink[] = []
  for (let at = 0; at < stored.length; at += AT_ONCE)
    links.push(
      ...(await Promise.all(
        stored
          .slice(at, at + AT_ONCE)
          .map(async ({ key, version, marker }) =>
            marker ? { key } : { key, text: await bucket.read(key, version) },
          ),
      )),
    )
  return links
}

async function readHead(bucket: EvidenceBucket): Promise<EvidenceDocument | undefined> {
  const objects = (await bucket.versions()).filter(
    ({ key, marker }) => !marker && keyOf(sequenceOf(key)) === key,
  )
  const newest = objects.at(-1)
  if (!newest) return undefined
  const first = objects.find(({ key }) => key === newest.key) ?? newest
  const document = readDocument(await bucket.read(first.key, first.version))
  if (document?.sequence === sequenceOf(first.key)) return document
  throw new ClarityError(
    'evidence_broken',
    `the newest evidence, ${first.key}, is not what was written there`,
    'find out who changed it; nothing is added to a chain whose end is unknown',
  )
}
