import { SaxesParser } from 'saxes'
import { expect, test } from 'vitest'
import { createXmlScanner } from './xml-scanner.ts'

type Seen = { tags: [string, Record<string, string>][]; fault: boolean }

function own(xml: string, size: number): Seen {
  const tags: Seen['tags'] = []
  const scanner = createXmlScanner({
    open: ({ name, attributes }) => void tags.push([name, { ...attributes }]),
    close: () => {},
  })
  const bytes = Buffer.from(xml)
  try {
    for (let at = 0; at < bytes.length; at += size) scanner.feed(bytes.subarray(at, at + size))
    scanner.end()
    return { tags, fault: false }
  } catch {
    return { tags, fault: true }
  }
}

function saxes(xml: string): Seen {
  const tags: Seen['tags'] = []
  const parser = new SaxesParser({ xmlns: false })
  parser.on('opentag', ({ name, attributes }) => void tags.push([name, { ...attributes } as never]))
  try {
    parser.write(xml).close()
    return { tags, fault: false }
  } catch {
    return { tags, fault: true }
  }
}

/** A seeded generator (LCG of Numerical Recipes), so that a failure can be had again. */
function picker(seed: number) {
  let state = seed
  return <T>(of: readonly T[]): T => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return of[Math.floor((state / 2 ** 32) * of.length)] as T
  }
}

/** Values that mean something in a pattern, in XML, or outside of ASCII. */
const VALUES = [
  '1',
  '2',
  '',
  'a>b',
  '$&',
  '(.*)+?',
  '[^"]{2}|\\',
  '/',
  'é⌚',
  '&lt;x',
  "it's",
  'a\tb\nc',
  'k="v',
]
/** What stands between attributes; most is one space. */
const GAPS = [' ', ' ', ' ', ' ', ' ', ' ', '  ', '\n', '\t']
const ENDS = ['/>', '/>', '/>', ' />', '></R>', '><E k="1"/></R>']
/** What is not well-formed, at the end of a run of tags that are. */
const FAULTS = [
  '',
  '<R a="1" a="2"/>',
  '<R a="1"b="2"/>',
  '<R a="<"/>',
  '<R a="1/>',
  '<R a="1" $="2"/>',
  '<R a=1/>',
]

test('runs of tags alike, and what comes between them, are read as saxes does', () => {
  for (let seed = 1; seed <= 120; seed++) {
    const pick = picker(seed)
    const keys = pick([['a'], ['a', 'b', 'c'], ['b', 'a'], ['a.b', 'c-d', 'e:f', 'é']])
    const fixed = pick(VALUES)
    const odd = pick([0, 1, 1])
    const tags = Array.from({ length: 40 }, () => {
      const own = pick([keys, keys, keys, odd ? keys.toReversed() : keys])
      const given = own.map((key, index) => {
        const value = index === 0 || !odd ? fixed : pick(VALUES)
        const quote = value.includes('"') || pick([0, 0, 0, odd]) ? "'" : '"'
        return `${odd ? pick(GAPS) : ' '}${key}=${quote}${value.replace("'", '&apos;')}${quote}`
      })
      return `<R${given.join('')}${odd ? pick(ENDS) : '/>'}`
    })
    const xml = `<H>${tags.join('\n')}${pick(FAULTS)}${tags.join('')}</H>`
    const expected = saxes(xml)
    for (const size of [7, 1e6]) {
      const got = own(xml, size)
      expect(got.fault, `seed ${seed}: ${xml}`).toBe(expected.fault)
      expect(got.tags.slice(0, 41), `seed ${seed}`).toEqual(expected.tags.slice(0, 41))
      if (!expected.fault) expect(got.tags, `seed ${seed}`).toEqual(expected.tags)
    }
  }
})
