import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { derivedUuid } from '../../domain/derived-uuid.ts'
import { parseSample } from '../../domain/parse-sample.ts'
import type { Sample } from '../../domain/sample.ts'
import { parseExport } from './parse-export.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')

/** Parses text in pieces of so many bytes, as a stream may cut it. */
async function parse(xml: string, size = 7): Promise<Sample[]> {
  async function* pieces() {
    const bytes = Buffer.from(xml)
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const found: unknown[] = []
  for await (const batch of parseExport(pieces()))
    found.push(...batch.samples.map(({ input, derived }) => withUuid(input as Sample, derived)))
  return found as Sample[]
}

/** As whoever takes samples completes them. */
const withUuid = (sample: Sample, derived?: true): Sample =>
  derived ? { ...sample, uuid: derivedUuid(sample) } : sample

const record = (attributes: string, inside = '') =>
  `<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Simon’s Watch" unit="count/min" startDate="2018-09-10 02:28:55 -0700" endDate="2018-09-10 02:28:56 -0700" ${attributes}>${inside}</Record>`
const health = (inside: string) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [ <!ELEMENT HealthData (Record*)> <!ATTLIST HealthData locale CDATA #REQUIRED> ]>
<HealthData locale="en_US">${inside}</HealthData>`

test('a record keeps its value, unit, times, zone, source and metadata, whatever the stream cuts', async () => {
  const xml = health(record('value="72" device="&lt;Watch&gt;"', '<MetadataEntry key="Ctx" value="0"/>'))
  for (const size of [1, 2, 3, 1000]) {
    expect(await parse(xml, size)).toEqual([
      {
        uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        type: 'HKQuantityTypeIdentifierHeartRate',
        value: 72,
        unit: 'count/min',
        start: '2018-09-10T02:28:55-07:00',
        end: '2018-09-10T02:28:56-07:00',
        source: { name: 'Simon’s Watch', device: '<Watch>' },
        metadata: { Ctx: '0' },
      },
    ])
  }
})

test('the beats of an HRV sample are kept', async () => {
  const beats =
    '<HeartRateVariabilityMetadataList><InstantaneousBeatsPerMinute bpm="61" time="7:47:41,86 AM"/><InstantaneousBeatsPerMinute bpm="62" time="7:47:42,86 AM"/></HeartRateVariabilityMetadataList>'
  const [sample] = await parse(health(record('value="40"', beats)))
  expect(sample?.metadata).toEqual({
    InstantaneousBeatsPerMinute: [
      { bpm: '61', time: '7:47:41,86 AM' },
      { bpm: '62', time: '7:47:42,86 AM' },
    ],
  })
})

test('a record that a correlation repeats has the same UUID; one that differs has another', async () => {
  const same = record('value="72"')
  const xml = health(
    `<Correlation type="HKCorrelationTypeIdentifierBloodPressure">${same}</Correlation>${same}${record('value="73"')}`,
  )
  const [inside, outside, other] = await parse(xml)
  expect(inside).toEqual(outside)
  expect(other?.uuid).not.toBe(outside?.uuid)
})

test('what cannot be a value stays wrong, and is never made up', async () => {
  for (const value of ['', 'NaN', 'Infinity', '0x10', '1,5', '7 2']) {
    const [sample] = await parse(health(record(`value="${value}"`)))
    expect(parseSample(sample, NOW)).toMatchObject({
      ok: false,
      faults: [{ field: 'value', code: 'not_a_number' }],
    })
  }
})

test.each([
  ['', /malformed or incomplete/],
  ['<html><body/></html>', /not an Apple Health export/],
  [health('').slice(0, -8), /malformed or incomplete/],
  [health(record('value="1"').replace('</Record>', '')), /malformed or incomplete at line 3/],
  [health('&bomb;'), /malformed or incomplete/],
])('refuses %.30s', async (xml, message) => {
  await expect(parse(xml)).rejects.toThrow(message)
})

test('gives what stood before a fault', async () => {
  async function* cut() {
    yield Buffer.from(health(record('value="72"')).replace('</HealthData>', '<Record'))
  }
  const found: unknown[] = []
  const reading = (async () => {
    for await (const batch of parseExport(cut())) found.push(...batch.samples)
  })()
  await expect(reading).rejects.toThrow('the records before it are stored')
  expect(found).toHaveLength(1)
})

const REAL = ['export-small.xml', 'export-with-workout.xml'].map(
  name => new URL(`../../../../../shared/data/apple-health-export/${name}`, import.meta.url),
)

test.skipIf(!REAL.every(url => existsSync(url)))('real exports parse to good samples', async () => {
  for (const url of REAL) {
    const samples = await parse(readFileSync(url, 'utf8'), 100)
    expect(samples.map(({ type }) => type)).toEqual([
      'HKQuantityTypeIdentifierBodyMassIndex',
      'HKQuantityTypeIdentifierHeartRate',
      'HKWorkoutTypeIdentifier',
      'HKActivitySummaryTypeIdentifier',
      'HKActivitySummaryTypeIdentifier',
    ])
    for (const sample of samples) expect(parseSample(sample, NOW)).toMatchObject({ ok: true })
  }
})

test('reading that is taken up at the end of any sample goes on as if it had never stopped', async () => {
  const inside = Array.from({ length: 60 }, (_, i) => {
    const one = record(
      `value="${i}" sourceVersion="ß${i}"`,
      i % 3 ? '' : '<MetadataEntry key="k" value="⌚"/>',
    )
    return i % 7 === 0 ? `<Correlation type="C">${one}${one}</Correlation>\n` : `${one}\n`
  })
  const bytes = Buffer.from(health(inside.join('')))
  const all = await endsOf(bytes, 1000)
  for (const size of [9, 100, 5000])
    for (const [index, { end, line }] of all.entries()) {
      if (end === undefined) continue
      const rest = await endsOf(bytes.subarray(end), size, { offset: end, line: line ?? 1 })
      expect(rest, `from ${end} in pieces of ${size}`).toEqual(all.slice(index + 1))
    }
})

async function endsOf(bytes: Buffer, size: number, start?: { offset: number; line: number }) {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const found = []
  for await (const { samples, lineAt } of parseExport(pieces(), start))
    for (const { input, end } of samples)
      found.push({ input, end, line: end === undefined ? undefined : lineAt(end) })
  return found
}
