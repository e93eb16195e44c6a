import { randomUUID } from 'node:crypto'
import { decodeChunk, encodeChunk } from '../backend/src/domain/chunk/codec.ts'
import { mergeSamples } from '../backend/src/domain/chunk/merge.ts'
import { parseSample } from '../backend/src/domain/parse-sample.ts'
import type { StoredSample } from '../backend/src/domain/sample.ts'
import { parseExport } from '../backend/src/worker/import/parse-export.ts'

/**
 * How fast samples are parsed and packed on one core, and how small they become: `node bench/ingest.ts`.
 * A year of a watch's heart rate, about 500 samples a day, once as JSON and once as an export's XML.
 */
const DAYS = 365
const PER_DAY = 500
const NOW = Date.parse('2026-11-24T12:00:00Z')
const START = Date.parse('2025-11-01T00:00:00Z')
const count = DAYS * PER_DAY

let state = 7
function random(below: number): number {
  state = (Math.imul(1664525, state) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

let rate = 70
const moments = Array.from({ length: count }, (_, i) => {
  rate = Math.min(160, Math.max(45, rate + random(9) - 4))
  return { ms: START + i * 172_800 + random(60) * 1000 - ((i * 172_800) % 1000), rate }
})
const json = JSON.stringify(
  moments.map(({ ms, rate: value }) => {
    const at = new Date(ms).toISOString().replace('.000Z', '+00:00')
    return {
      uuid: randomUUID().toUpperCase(),
      type: 'HKQuantityTypeIdentifierHeartRate',
      value,
      unit: 'count/min',
      start: at,
      end: at,
      source: { name: 'Apple Watch', bundle_id: 'com.apple.health.1A2B', device: 'Watch7,5' },
      metadata: { HKMetadataKeyHeartRateMotionContext: random(3) },
    }
  }),
)
const xml = Buffer.from(
  `<HealthData locale="en">${moments
    .map(({ ms, rate: value }) => {
      const at = new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
      return `<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Apple Watch" sourceVersion="11.1" device="&lt;&lt;HKDevice: 0x301&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch7,5, software:11.1&gt;" unit="count/min" creationDate="${at} +0000" startDate="${at} +0000" endDate="${at} +0000" value="${value}">\n <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="0"/>\n</Record>\n`
    })
    .join('')}</HealthData>`,
)

await report('json', json.length, () => Promise.resolve(JSON.parse(json) as unknown[]))
await report('xml', xml.length, async () => {
  const found: unknown[] = []
  for await (const batch of parseExport(pieces(xml))) found.push(...batch.samples.map(({ input }) => input))
  return found
})

/** Processor time of this process: other load on the machine does not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function report(name: string, bytes: number, read: () => Promise<unknown[]>): Promise<void> {
  const started = cpuMs()
  const inputs = await read()
  const parsed = cpuMs()
  const samples: StoredSample[] = inputs.map(input => {
    const result = parseSample(input, NOW)
    if (!result.ok) throw new Error(JSON.stringify(result.faults))
    return { ...result.parsed, upload: '3f0c6a52-4b1e-8f00-9c1d-0123456789ab' }
  })
  const checked = cpuMs()
  const days = [...Map.groupBy(samples, ({ day }) => day).values()].map(day => mergeSamples([], day))
  const chunks = days.map(encodeChunk)
  const encoded = cpuMs()
  const back = chunks.flatMap(decodeChunk)
  const decoded = cpuMs()
  if (back.length !== count) throw new Error(`${back.length} of ${count} samples came back`)
  const rateOf = (ms: number): string => `${Math.round(count / (ms / 1000)).toLocaleString('en')}/s`
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  process.stdout.write(
    `${name}: ${count} samples, ${(bytes / 1e6).toFixed(1)} MB: read ${rateOf(parsed - started)}, check ${rateOf(checked - parsed)}, ` +
      `encode ${rateOf(encoded - checked)}, all three ${rateOf(encoded - started)}; decode ${rateOf(decoded - encoded)}; ` +
      `${(size / count).toFixed(2)} bytes a sample, ${Math.round(size / chunks.length)} a day\n`,
  )
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
