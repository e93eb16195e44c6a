import { decodeChunk, encodeChunk } from '../../backend/src/domain/chunk/codec.ts'
import { mergeSamples } from '../../backend/src/domain/chunk/merge.ts'
import { derivedUuid } from '../../backend/src/domain/derived-uuid.ts'
import { parseSample } from '../../backend/src/domain/parse-sample.ts'
import type { Sample, StoredSample } from '../../backend/src/domain/sample.ts'
import { parseExport } from '../../backend/src/worker/import/parse-export.ts'
import { watchSeries } from './watch-year.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const START = Date.parse('2025-11-01T00:00:00Z')
const HEART_RATE = 'HKQuantityTypeIdentifierHeartRate'
const UPLOAD = '3f0c6a52-4b1e-8f00-9c1d-0123456789ab'
/** Samples of a request. */
const BATCH = 10_000

/**
 * Heart rate of so many days through the code that the API and the worker run, on one core and without any store: as request
 * bodies of 10,000 samples, and as an export's XML. Times are of the processor, so that other load does not count.
 */
export async function benchCodec(print: (line: string) => void, days: number): Promise<void> {
  const { bodies, xml } = inputs(days)
  // Once to warm up: a worker runs for days.
  for (const run of ['', 'measured']) {
    const json = createMeter(bodies.reduce((sum, body) => sum + body.length, 0))
    for (const body of bodies) {
      const samples = json.time('read', () => (JSON.parse(body) as { samples: unknown[] }).samples)
      pack(
        json,
        samples.map(input => ({ input })),
      )
    }
    if (run) print(json.report('JSON bodies'))
    const export_ = createMeter(xml.length)
    let rest: { input: unknown; derived?: true }[] = []
    const batches = parseExport(pieces(xml))
    for (;;) {
      const next = await export_.timeAsync('read', () => batches.next())
      if (next.done) break
      for (const sample of next.value.samples) rest.push(sample)
      if (rest.length < BATCH) continue
      pack(export_, rest)
      rest = []
    }
    pack(export_, rest)
    if (run) print(export_.report('export.xml'))
  }
}

/** The same days in both forms. */
function inputs(days: number): { bodies: string[]; xml: Buffer } {
  const bodies: string[] = []
  const records: Buffer[] = [Buffer.from('<HealthData locale="en">\n')]
  let batch: Sample[] = []
  const flush = (): void => {
    bodies.push(JSON.stringify({ samples: batch }))
    records.push(Buffer.from(batch.map(xmlOf).join('')))
    batch = []
  }
  for (const day of watchSeries(HEART_RATE, START, days, 'client')) {
    batch.push(...day)
    if (batch.length >= BATCH) flush()
  }
  flush()
  return { bodies, xml: Buffer.concat([...records, Buffer.from('</HealthData>')]) }
}

function pack(meter: Meter, inputs: readonly { input: unknown; derived?: true }[]): void {
  const samples = meter.time('check', () =>
    inputs.map(({ input, derived }): StoredSample => {
      if (derived) (input as Sample).uuid = derivedUuid(input as Sample)
      const result = parseSample(input, NOW)
      if (!result.ok) throw new Error(JSON.stringify(result.faults))
      return derived ? { ...result.parsed, upload: UPLOAD, derived } : { ...result.parsed, upload: UPLOAD }
    }),
  )
  const chunks = meter.time('encode', () =>
    [...Map.groupBy(samples, ({ day }) => day).values()].map(day => encodeChunk(mergeSamples([], day))),
  )
  meter.add(samples.length, chunks)
}

type Meter = ReturnType<typeof createMeter>

function createMeter(bytes: number) {
  const spent: Record<string, number> = {}
  let count = 0
  const all: Buffer[] = []
  let stored = 0
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  return {
    time: <T>(name: string, work: () => T): T => {
      const started = cpuMs()
      const result = work()
      spent[name] = (spent[name] ?? 0) + cpuMs() - started
      return result
    },
    timeAsync: async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const started = cpuMs()
      const result = await work()
      spent[name] = (spent[name] ?? 0) + cpuMs() - started
      return result
    },
    add: (samples: number, chunks: readonly Buffer[]) => {
      count += samples
      all.push(...chunks)
      stored += chunks.reduce((sum, { length }) => sum + length, 0)
    },
    report: (name: string): string => {
      const { read = 0, check = 0, encode = 0 } = spent
      const started = cpuMs()
      const back = all.reduce((sum, chunk) => sum + decodeChunk(chunk, UPLOAD).length, 0)
      const decode = cpuMs() - started
      if (back !== count) throw new Error(`${back} of ${count} samples came back`)
      const line = (what: string, ms: number): string =>
        `${`${name}: ${what}`.padEnd(52)} ${Math.round(count / ms).toLocaleString('en')} k/s`
      return [
        `${name}: ${count} samples, ${(bytes / 1e6).toFixed(0)} MB`,
        line('read', read),
        line('check', check),
        line('encode', encode),
        line('all three', read + check + encode),
        line('decode', decode),
        `${`${name}: stored, a sample`.padEnd(52)} ${(stored / count).toFixed(2)} bytes`,
      ].join('\n')
    },
  }
}

/** As Apple writes a record. */
export function xmlOf({ type, unit, start, end, value, metadata }: Sample): string {
  const at = (text: string): string => `${text.slice(0, 10)} ${text.slice(11, 19)} +0000`
  const entries = Object.entries(metadata ?? {})
    .map(([key, entry]) => `\n  <MetadataEntry key="${key}" value="${entry}"/>`)
    .join('')
  return (
    ` <Record type="${type}" sourceName="Apple Watch" sourceVersion="11.1" device="&lt;&lt;HKDevice: 0x301&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch7,5, software:11.1&gt;" ` +
    `unit="${unit}" creationDate="${at(end)}" startDate="${at(start)}" endDate="${at(end)}" value="${value}"${entries ? `>${entries}\n </Record>` : '/>'}\n`
  )
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
