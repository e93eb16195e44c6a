import { parseSample, type SampleFault } from './parse-sample.ts'
import type { ParsedSample } from './sample.ts'

export type Batch =
  | { ok: true; samples: ParsedSample[] }
  | { ok: false; faults: (SampleFault & { index: number })[] }

/** Reads a whole batch: all of it, or the faults of every bad sample by its index. */
export function validateBatch(inputs: readonly unknown[], now: number): Batch {
  const samples: ParsedSample[] = []
  const faults: (SampleFault & { index: number })[] = []
  inputs.forEach((input, index) => {
    const result = parseSample(input, now)
    if (result.ok) samples.push(result.parsed)
    else faults.push(...result.faults.map(fault => ({ index, ...fault })))
  })
  return faults.length ? { ok: false, faults } : { ok: true, samples }
}
