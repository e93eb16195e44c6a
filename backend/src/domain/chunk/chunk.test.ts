import { createHash, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { derivedUuid, hasDerivedUuid } from '../derived-uuid.ts'
import { parseSample } from '../parse-sample.ts'
import type { Sample, StoredSample } from '../sample.ts'
import { uploadId } from '../upload.ts'
import { decodeChunk, encodeChunk } from './codec.ts'
import { mayHold, wanted } from './holds.ts'
import { inOrder, mergeSamples } from './merge.ts'
import { markOf } from './uuid-bytes.ts'

const T0 = Date.parse('2026-03-01T06:00:00Z')
const NOW = Date.parse('2026-11-24T12:00:00Z')

/** A seeded generator (LCG of Numerical Recipes), so that a failure can be had again. */
function random(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return {
    next,
    below: (n: number) => Math.floor(next() * n),
    pick: <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)] as T,
  }
}
type Random = ReturnType<typeof random>

function stored(sample: Sample, upload = 'up-1'): StoredSample {
  const result = parseSample(sample, NOW)
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return { ...result.parsed, upload }
}

/** Every way of writing that the schema allows, often in a chunk of one metric. */
function anySample(r: Random): Sample {
  const ms = Date.parse('2026-03-01T00:00:00Z') + r.below(86_400_000)
  const at = (t: number) => {
    const form = r.below(6)
    const iso = new Date(t).toISOString()
    if (form === 0) return iso
    if (form === 1) return iso.replace('Z', '+00:00')
    if (form === 2) return `${iso.slice(0, 19)}Z`
    if (form === 3) return `${iso.slice(0, 19)}.${r.below(999_999_999)}-03:30`
    if (form === 4) return `${iso.slice(0, 10)} ${iso.slice(11, 19)}z`
    return `${iso.slice(0, 21)}+14:00`
  }
  const sleep = r.below(5) === 0
  const uuid = [randomUUID(), randomUUID().toUpperCase(), `A${randomUUID().slice(1)}`][r.below(3)] as string
  const start = at(ms)
  const derived = r.below(4) === 0
  const value = r.pick([
    72,
    72.5,
    0,
    -3,
    1e-7,
    999_999_999_999_999,
    58.123456789012,
    -0.1,
    1e-300,
    -1e15,
    r.next(),
    r.below(200),
  ])
  const sample = {
    uuid,
    type: sleep ? 'sleep_analysis' : r.pick(['heart_rate', 'HKQuantityTypeIdentifierHeartRate']),
    value: sleep ? r.pick([3, 'asleep_core', 'HKCategoryValueSleepAnalysisAwake', 'in bed']) : value,
    ...(!sleep || r.below(2)
      ? { unit: sleep ? r.pick(['', 'ß']) : r.pick(['bpm', 'count/min', 'count/s']) }
      : {}),
    start,
    end: r.below(2) ? start : at(ms + 86_400_000 + r.below(1e7)),
    ...(r.below(2) ? { zone_offset: r.pick(['+01:00', 'Z', '-12:00']) } : {}),
    source: {
      name: r.pick(['Uhr ⌚', 'iPhone']),
      ...(r.below(2) ? { bundle_id: 'a.b' } : {}),
      ...(r.below(2) ? { device: '"<' } : {}),
    },
    ...(r.below(2)
      ? {
          metadata: r.pick([
            {},
            { a: null, b: [1, { c: 'd' }] },
            { b: false, a: r.next() },
            { 7: 'seven', 'k\u0000': '' },
          ]),
        }
      : {}),
  }
  return derived ? { ...sample, uuid: derivedUuid(sample) } : sample
}

function shuffled<T>(r: Random, values: readonly T[]): T[] {
  const all = [...values]
  for (let i = all.length - 1; i > 0; i--) {
    const j = r.below(i + 1)
    ;[all[i], all[j]] = [all[j] as T, all[i] as T]
  }
  return all
}

test('gives every sample back exactly as it was sent', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const r = random(seed)
    const samples = Array.from({ length: 1 + r.below(80) }, () =>
      stored(anySample(r), r.pick(['up-1', 'up-2'])),
    )
    const decoded = decodeChunk(encodeChunk(samples), 'u1')
    expect(JSON.stringify(decoded.map(s => s.sample))).toBe(JSON.stringify(samples.map(s => s.sample)))
    expect(decoded.map(({ derived: _, ...rest }) => rest)).toEqual(samples)
  }
})

test('batches in any order and any repetition give the same chunk', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const r = random(seed)
    const samples = Array.from({ length: 50 }, () => stored(anySample(r)))
    const chunks = [1, 2, 3].map(() => {
      let chunk: StoredSample[] = []
      const deliveries = shuffled(r, [...samples, ...samples.filter(() => r.below(2))])
      while (deliveries.length) {
        chunk = mergeSamples(chunk, deliveries.splice(0, 1 + r.below(20)))
        if (r.below(2)) chunk = decodeChunk(encodeChunk(chunk), 'u1')
      }
      return encodeChunk(chunk).toString('base64')
    })
    expect(new Set(chunks).size).toBe(1)
    expect(decodeChunk(Buffer.from(chunks[0] as string, 'base64'), 'u1')).toHaveLength(50)
  }
})

test('says where a UUID stands instead of holding it, and puts samples in the same order without it', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const r = random(seed)
    const samples = Array.from({ length: 60 }, (_, index) => {
      const one = stored(anySample(r))
      const envelope = createHash('sha256')
        .update(r.pick(['a', 'b']))
        .digest('hex')
      if (hasDerivedUuid(one.sample) || !r.below(3)) return one
      const original = { envelope, ordinal: index * 160, mark: markOf(one.sample.uuid) }
      return { ...one, upload: uploadId('u1', envelope), original }
    })
    // Those of one start too.
    for (const one of samples.slice(0, 20))
      if (one.derived !== true && !hasDerivedUuid(one.sample)) one.startMs = T0
    const whole = inOrder([...samples])
    const decoded = decodeChunk(encodeChunk(whole), 'u1')
    for (const [index, { sample, original, upload }] of decoded.entries()) {
      expect({ original, upload }).toEqual({
        original: whole[index]?.original,
        upload: whole[index]?.upload,
      })
      expect(sample.uuid).toBe(original ? '' : whole[index]?.sample.uuid)
    }
    expect(encodeChunk(inOrder(shuffled(r, decoded)))).toEqual(encodeChunk(whole))
    const referring = whole.find(({ original }) => original)?.sample.uuid as string
    expect(mayHold(encodeChunk(whole), wanted([referring.toUpperCase()]))).toBe(true)
  }
})

test('marks of UUIDs that count up are spread, and never change', () => {
  const counting = (before: string, after: string) =>
    Array.from({ length: 2000 }, (_, i) => markOf(`${before}${String(i).padStart(8, '0')}${after}`))
  for (const marks of [
    counting('00000000-0000-4000-8000-0000', ''),
    counting('', '-0000-4000-8000-000000000000'),
  ])
    expect(new Set(marks).size).toBeGreaterThan(1930)
  const uuids = ['0f8c1b1e-3c52-4b1e-8f00-9c1d0123456a', '0F8C1B1E-3C52-4B1E-8F00-9C1D0123456A']
  expect(uuids.map(markOf)).toEqual([45_114, 45_114])
})

test('a repetition in another case is the same sample, and the first is kept', () => {
  const r = random(9)
  const first = stored({ ...anySample(r), uuid: randomUUID() })
  const again = stored({ ...first.sample, uuid: first.sample.uuid.toUpperCase() })
  expect(mergeSamples([first], [again, again])).toEqual([first])
})

test('packs a day of heart rate into few bytes', () => {
  const r = random(3)
  const day = Array.from({ length: 500 }, (_, i) => {
    const start = new Date(
      Date.parse('2026-03-01T00:00:00Z') + i * 170_000 + r.below(20) * 1000,
    ).toISOString()
    return stored({
      uuid: randomUUID().toUpperCase(),
      type: 'heart_rate',
      value: 60 + r.below(30),
      unit: 'count/min',
      start: start.replace('.000Z', '+00:00'),
      end: start.replace('.000Z', '+00:00'),
      source: { name: 'Apple Watch', bundle_id: 'com.apple.health.1A2B', device: 'Watch7,5' },
      metadata: { HKMetadataKeyHeartRateMotionContext: r.below(3) },
    })
  })
  expect(encodeChunk(day).length / 500).toBeLessThan(20)
})

test('refuses bytes that are not a chunk', () => {
  const chunk = encodeChunk([stored(anySample(random(1)))])
  expect(() => decodeChunk(Buffer.from([9, 1, 2]), 'u1')).toThrow('format 9')
  expect(() => decodeChunk(chunk.subarray(0, chunk.length - 1), 'u1')).toThrow(RangeError)
  expect(() => decodeChunk(Buffer.alloc(0), 'u1')).toThrow(RangeError)
})
