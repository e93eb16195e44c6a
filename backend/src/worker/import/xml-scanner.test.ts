import { SaxesParser } from 'saxes'
import { expect, test } from 'vitest'
import { createXmlScanner, XmlFault } from './xml-scanner.ts'

type Seen = [string, string, Record<string, string>?][]

function scan(xml: string | Buffer, size: number): Seen | 'fault' {
  const seen: Seen = []
  const scanner = createXmlScanner({
    open: ({ name, attributes }) => void seen.push(['open', name, { ...attributes }]),
    close: name => void seen.push(['close', name]),
  })
  const bytes = Buffer.from(xml)
  try {
    for (let at = 0; at < bytes.length; at += size) scanner.feed(bytes.subarray(at, at + size))
    scanner.end()
    return seen
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error
    return 'fault'
  }
}

function saxes(xml: string): Seen | 'fault' {
  const seen: Seen = []
  const parser = new SaxesParser({ xmlns: false })
  parser.on('opentag', ({ name, attributes }) => void seen.push(['open', name, { ...attributes } as never]))
  parser.on('closetag', ({ name }) => void seen.push(['close', name]))
  try {
    parser.write(xml).close()
    return seen
  } catch {
    return 'fault'
  }
}

const records = Array.from(
  { length: 600 },
  (_, i) =>
    `<Record type="${i < 300 ? 'A' : 'B'}" device="&lt;W&gt;" source="Simon’s Uhr ⌚" n='${i}' v = "${i % 7}"${i % 3 ? '/>' : '><M key="k" value="&#x41;&quot;"/></Record>'}\n`,
).join('')
const GOOD = [
  '<a/>',
  '<?xml version="1.0"?>\n<!DOCTYPE a [<!ELEMENT a (b)*> <!ATTLIST a b CDATA ">">]>\n<!-- > --><a b="1"><c x="\t>"/>text &amp; more<![CDATA[<x>]]></a>\n',
  `<HealthData>${records}</HealthData>`,
]
const BAD = [
  ...[
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a b=c/>',
    '<a b="1" b="2"/>',
    '<a b="<"/>',
    '<a b/>',
    '< a/>',
    '<a b="1"c="2"/>',
  ],
  ...[
    '<a>&bomb;</a>',
    '<a b="&bomb;"/>',
    '<a b="&lt"/>',
    '<a/ >',
    '<a b="',
    '<a b="1/>',
    '<a><!-- </a>',
    '<a>&am',
    '<a><!x></a>',
  ],
]

test.each(GOOD.map(xml => [xml]))('reads %.40s as saxes does, however it is cut', xml => {
  const expected = saxes(xml)
  expect(expected).not.toBe('fault')
  for (const size of [1, 2, 3, 7, 64, 1000, 1e6])
    expect(scan(xml, size), `in pieces of ${size}`).toEqual(expected)
})

test.each(BAD.map(xml => [xml]))('refuses %j as saxes does, however it is cut', xml => {
  expect(saxes(xml)).toBe('fault')
  for (const size of [1, 3, 1000]) expect(scan(xml, size), `in pieces of ${size}`).toBe('fault')
})

test('refuses what is not UTF-8, and a tag without end', () => {
  expect(scan(Buffer.concat([Buffer.from('<a b="'), Buffer.from([0xff]), Buffer.from('"/>')]), 5)).toBe(
    'fault',
  )
  expect(scan(`<a b="${'x'.repeat(5 * 1024 * 1024)}"/>`, 65_536)).toBe('fault')
})

test('tells where elements end, in bytes', () => {
  const xml = Buffer.from('<a>ß<b c="⌚"/>\n<b></b></a>')
  for (const size of [1, 4, 100]) {
    const ends: number[] = []
    const scanner = createXmlScanner({ open: () => {}, close: (_, end) => void ends.push(end) })
    for (let at = 0; at < xml.length; at += size) scanner.feed(xml.subarray(at, at + size))
    expect(ends.map(end => xml.subarray(0, end).toString())).toEqual([
      '<a>ß<b c="⌚"/>',
      '<a>ß<b c="⌚"/>\n<b></b>',
      xml.toString(),
    ])
  }
})
