import { createHash } from 'node:crypto'
import type { SampleStore } from '../../backend/src/adapters/dynamodb/sample-store.ts'
import type { RawStore } from '../../backend/src/adapters/s3/raw-store.ts'
import { decodeChunk, encodeChunk } from '../../backend/src/domain/chunk/codec.ts'
import { mergeSamples } from '../../backend/src/domain/chunk/merge.ts'
import type { Sample, StoredSample } from '../../backend/src/domain/sample.ts'
import { envelopeKey, uploadId } from '../../backend/src/domain/upload.ts'
import { type Collector, collector } from '../../backend/src/worker/collector.ts'
import { parseExport } from '../../backend/src/worker/import/parse-export.ts'
import { createTally } from '../../backend/src/worker/tally.ts'
import { watchSeries } from './watch-year.ts'

const NOW = '2026-11-24T12:00:00.000Z'
const START = Date.parse('2025-11-01T00:00:00Z')
const HEART_RATE = 'HKQuantityTypeIdentifierHeartRate'
const USER = '3f0c6a52-4b1e-4f00-9c1d-0123456789ab'
/** Samples of a request. */
const BATCH = 10_000
const ROUNDS = 7

/**
 * Heart rate of so many days through the code that the API and the worker run, on one core and without any store: as
 * request bodies of 10,000 samples, and as an export's XML. Times are of the processor, so that other load counts little;
 * they are medians of several rounds, and `JSON.parse` alone of the same bytes in the same rounds tells the machine from
 * the code.
 */
export async function benchCodec(
  print: (line: string) => void,
  days: number,
  rounds = ROUNDS,
): Promise<void> {
  const { bodies, xml } = inputs(days)
  // Once to warm up: a worker runs for days.
  const json: Round[] = []
  const export_: Round[] = []
  for (let round = -1; round < rounds; round++) {
    const ofJson = await jsonRound(bodies)
    const ofExport = await exportRound(xml)
    if (round < 0) continue
    json.push(ofJson)
    export_.push(ofExport)
  }
  report(
    print,
    'JSON bodies',
    json,
    bodies.reduce((sum, body) => sum + body.length, 0),
  )
  report(print, 'export.xml', export_, xml.length)
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

/** Milliseconds of the processor that each step took, and what came of it. */
interface Round {
  spent: Record<'read' | 'check' | 'encode' | 'decode', number>
  samples: number
  bytes: number
}

async function jsonRound(bodies: readonly string[]): Promise<Round> {
  const round = emptyRound()
  for (const body of bodies) {
    const inputs = time(round, 'read', () => (JSON.parse(body) as { samples: unknown[] }).samples)
    await checkAndPack(round, 'samples', inputs, add => {
      for (let ordinal = 0; ordinal < inputs.length; ordinal++) add(inputs[ordinal], undefined, ordinal)
    })
  }
  return round
}

async function exportRound(xml: Buffer): Promise<Round> {
  const round = emptyRound()
  let rest: { input: unknown; derived?: true }[] = []
  const batches = parseExport(pieces(xml))
  for (;;) {
    const started = cpuMs()
    const next = await batches.next()
    round.spent.read += cpuMs() - started
    if (!next.done) for (const sample of next.value.samples) rest.push(sample)
    if (rest.length < BATCH && !next.done) continue
    const full = rest
    rest = []
    await checkAndPack(round, 'import', full, add => {
      for (const { input, derived } of full) add(input, derived)
    })
    if (next.done) return round
  }
}

/** As the worker does it: its collector checks, and what it would merge is put into days, in order, and packed. */
async function checkAndPack(
  round: Round,
  kind: 'samples' | 'import',
  inputs: readonly unknown[],
  addAll: (add: Collector['add']) => void,
): Promise<void> {
  let batch: readonly StoredSample[] = []
  const samples = {
    tombstones: async () => ({ size: 0, has: () => false, except: () => [] }),
    merge: async (_user: string, _upload: string, list: readonly StoredSample[]) => {
      batch = list
      return []
    },
  } as unknown as SampleStore
  const deps = { samples, raw: {} as RawStore, uploads: { advanced: async () => {} } }
  const contentHash = createHash('sha256').update(String(round.samples)).digest('hex')
  const key = envelopeKey(USER, contentHash)
  const pointer = { version: 1, kind, user_id: USER, key, received_at: NOW } as const
  const worker = await collector(deps, { ...pointer, upload_id: uploadId(USER, contentHash) }, createTally())
  time(round, 'check', () => addAll(worker.add))
  await worker.finish()
  if (batch.length !== inputs.length) throw new Error(`${batch.length} of ${inputs.length} samples are good`)
  const chunks = time(round, 'encode', () =>
    [...Map.groupBy(batch, ({ day }) => day).values()].map(day => encodeChunk(mergeSamples([], day))),
  )
  const back = time(round, 'decode', () =>
    chunks.reduce((sum, chunk) => sum + decodeChunk(chunk, USER).length, 0),
  )
  if (back !== batch.length) throw new Error(`${back} of ${batch.length} samples came back`)
  round.samples += batch.length
  round.bytes += chunks.reduce((sum, { length }) => sum + length, 0)
}

function emptyRound(): Round {
  return { spent: { read: 0, check: 0, encode: 0, decode: 0 }, samples: 0, bytes: 0 }
}

function time<T>({ spent }: Round, step: keyof Round['spent'], work: () => T): T {
  const started = cpuMs()
  const result = work()
  spent[step] += cpuMs() - started
  return result
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function report(print: (line: string) => void, name: string, rounds: readonly Round[], bytes: number): void {
  const [{ samples, bytes: stored }] = rounds as [Round]
  const all = rounds.map(({ spent }) => spent.read + spent.check + spent.encode)
  const of = (step: keyof Round['spent']): number => median(rounds.map(({ spent }) => spent[step]))
  const rate = (ms: number): string => `${Math.round(samples / ms).toLocaleString('en')} k/s`
  const line = (what: string, figure: string): void => print(`${`${name}: ${what}`.padEnd(52)} ${figure}`)
  print(
    `${name}: ${samples} samples, ${(bytes / 1e6).toFixed(0)} MB, ${rounds.length} rounds; all three at best ${rate(Math.min(...all))}, at worst ${rate(Math.max(...all))}`,
  )
  line(name === 'export.xml' ? 'read' : 'read (JSON.parse alone)', rate(of('read')))
  line('check', rate(of('check')))
  line('encode', rate(of('encode')))
  line('all three', rate(median(all)))
  line('decode', rate(of('decode')))
  line('stored, a sample', `${(stored / samples).toFixed(2)} bytes`)
  const shares = rounds.map(({ spent }, index) => (all[index] as number) / spent.read)
  line('all three, of reading alone', `${median(shares).toFixed(2)} times`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
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
