import { findMetric } from './metrics/catalogue.ts'
import { parseSample, type SampleFault } from './parse-sample.ts'

/** A batch with its bad samples told apart. */
export interface Batch {
  /** The good ones, as they were sent. */
  good: unknown[]
  /** Everything that is wrong, by the index of the sample in the batch. */
  faults: (SampleFault & { index: number })[]
  /** For each bad sample the type that it gives itself, where there is such a type, and its first fault's code. */
  refused: { type: string; code: string }[]
}

/** Reads a whole batch. @param now milliseconds since the epoch */
export function validateBatch(inputs: readonly unknown[], now: number): Batch {
  const batch: Batch = { good: [], faults: [], refused: [] }
  inputs.forEach((input, index) => {
    const result = parseSample(input, now)
    if (result.ok) {
      batch.good.push(input)
      return
    }
    for (const fault of result.faults) batch.faults.push({ index, ...fault })
    batch.refused.push({ type: typeName(input), code: result.faults[0]?.code ?? 'invalid' })
  })
  return batch
}

/** The type that a sample gives itself, where it is a name and not something else that got there. */
export function typeName(input: unknown): string {
  const { type } = (input ?? {}) as { type?: unknown }
  if (typeof type !== 'string') return 'unknown'
  return findMetric(type)?.healthkit ?? (/^HK\w{1,120}$/.test(type) ? type : 'unknown')
}
