/** What a sample may be at most, and when. */
export const SAMPLE_LIMITS = {
  /** How far after now a sample may start or end: clocks and zones differ, a day is more than both. */
  futureMs: 24 * 3_600_000,
  /** Nobody alive was measured before. */
  earliestMs: Date.UTC(1900, 0, 1),
  /** Largest magnitude of a value; nothing measured comes near, and sums stay finite. */
  magnitude: 1e15,
  /** Longest metadata as JSON, in characters. A beat list of five minutes takes about 6,000. */
  metadata: 32 * 1024,
}
