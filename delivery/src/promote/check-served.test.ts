import { expect, test } from 'vitest'
import type { EvidenceEntry } from '../evidence/document.ts'
import { GOOD, storedChain } from '../evidence/testing.ts'
import { checkServed } from './check-served.ts'

const failedSuite = [{ name: 'is alive', passed: false, milliseconds: 3 }]

test('what was deployed with success and passed its suites may go on', () => {
  const check = checkServed(storedChain([{ digest: 'sha256:bb' }, {}]), GOOD.digest)
  expect(check).toMatchObject({ kind: 'passed', evidence: { sequence: 2 } })
})

test('where a person approved, the test and the success stand in two links', () => {
  const links = storedChain([{ verdict: 'needs-approval' }, { suites: [] }])
  expect(checkServed(links, GOOD.digest)).toMatchObject({ kind: 'passed', evidence: { sequence: 2 } })
})

test.each<[string, Partial<EvidenceEntry>[], RegExp]>([
  ['of another digest', [{ digest: 'sha256:bb' }], /none of 1 is of it/],
  ['rolled back', [{ verdict: 'rolled-back' }], /the last one says 'rolled-back'/],
  ['without suites', [{ suites: [] }], /no evidence that its suites passed/],
  ['with a suite that failed', [{ suites: failedSuite }], /no evidence that its suites passed/],
  [
    'tested under another name only',
    [{ suites: [] }, { release: 'r2', verdict: 'rolled-back' }],
    /suites passed/,
  ],
  ['in a drill only', [{ kind: 'drill', verdict: 'succeeded' }], /none of 1/],
])('what was deployed %s may not', (_, entries, why) => {
  expect(checkServed(storedChain(entries), GOOD.digest)).toEqual({
    kind: 'refused',
    why: expect.stringMatching(why),
  })
})

test('a broken chain lets nothing pass', () => {
  const [, second] = storedChain([{}, {}])
  expect(checkServed([second!], GOOD.digest)).toMatchObject({
    kind: 'refused',
    why: expect.stringMatching(/broken/),
  })
})
