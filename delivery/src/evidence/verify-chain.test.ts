import { expect, test } from 'vitest'
import { canonicalJson, type EvidenceDocument, type EvidenceEntry, hashOf, linkAfter } from './document.ts'
import { keyOf, type StoredLink, verifyChain } from './verify-chain.ts'

const entry = (release: string): EvidenceEntry => ({
  kind: 'deployment',
  release,
  digest: `sha256:${'a'.repeat(64)}`,
  who: 'ada',
  host: 'desk',
  startedAt: '2026-11-24T12:00:00.000Z',
  endedAt: '2026-11-24T12:01:00.000Z',
  verdict: 'succeeded',
  exitCode: 0,
  stages: [{ stage: 'release.api', seconds: 41.5 }],
  suites: [],
  deployments: ['arn:one'],
  reason: undefined,
})

function chain(length: number): EvidenceDocument[] {
  const documents: EvidenceDocument[] = []
  for (let at = 0; at < length; at++) documents.push(linkAfter(documents.at(-1), 'dev', entry(`r${at + 1}`)))
  return documents
}

const stored = (documents: EvidenceDocument[]): StoredLink[] =>
  documents.map((document, at) => ({ key: keyOf(at + 1), text: canonicalJson(document) }))
const rehashed = (document: EvidenceDocument) => ({ ...document, hash: hashOf(document) })

test('the same document has one text, whatever the order in which it was made', () => {
  expect(canonicalJson({ b: [1, undefined, { z: null, a: 'ü' }], a: undefined, c: 0.5 })).toBe(
    '{"b":[1,null,{"a":"ü","z":null}],"c":0.5}',
  )
  const [one] = chain(1) as [EvidenceDocument]
  const turned = Object.fromEntries(Object.entries(one).reverse())
  expect(hashOf(turned)).toBe(one.hash)
})

test('an intact chain names its head, and an empty one is intact', () => {
  const documents = chain(4)
  const head = { sequence: 4, hash: documents[3]?.hash }
  expect(verifyChain(stored(documents))).toEqual({ kind: 'intact', links: 4, head })
  expect(verifyChain([])).toEqual({ kind: 'intact', links: 0, head: undefined })
})

const five = chain(5) as [
  EvidenceDocument,
  EvidenceDocument,
  EvidenceDocument,
  EvidenceDocument,
  EvidenceDocument,
]
const links = stored(five)
const at = (index: number, link: Partial<StoredLink>) => links.with(index, { ...links[index]!, ...link })

test.each<[string, StoredLink[], { sequence: number; how: string }]>([
  [
    'a changed word',
    at(2, { text: links[2]?.text?.replace('"ada"', '"eve"') }),
    { sequence: 3, how: 'changed' },
  ],
  [
    'a changed link that was hashed anew',
    at(2, { text: canonicalJson(rehashed({ ...five[2], who: 'eve' })) }),
    { sequence: 3, how: 'changed' },
  ],
  ['one that is no JSON', at(2, { text: '{' }), { sequence: 3, how: 'changed' }],
  ['one written over', links.toSpliced(3, 0, { key: keyOf(3), text: '{}' }), { sequence: 3, how: 'changed' }],
  ['a missing link', links.toSpliced(2, 1), { sequence: 3, how: 'missing' }],
  ['a missing first', links.slice(1), { sequence: 1, how: 'missing' }],
  ['a deleted link', links.toSpliced(3, 0, { key: keyOf(3) }), { sequence: 3, how: 'missing' }],
  [
    'two that changed places',
    links.with(1, { ...links[1]!, text: links[2]?.text }).with(2, { ...links[2]!, text: links[1]?.text }),
    { sequence: 2, how: 'reordered' },
  ],
  [
    'a link that follows the same as another',
    at(2, { text: canonicalJson(rehashed({ ...five[2], previousHash: five[0].hash })) }),
    { sequence: 3, how: 'forked' },
  ],
  [
    'a second link in one place',
    links.toSpliced(3, 0, { key: 'evidence/0000000003b.json', text: links[2]?.text }),
    { sequence: 3, how: 'forked' },
  ],
  [
    'an object that is no link',
    [{ key: 'evidence/notes.txt', text: '' }, ...links],
    { sequence: 0, how: 'forked' },
  ],
])('names %s', (_, broken, fault) => {
  expect(verifyChain(broken)).toMatchObject({ kind: 'broken', ...fault })
})
