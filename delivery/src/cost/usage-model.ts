/** What one active user is taken to do. Rates a day; bytes in the middle of the wire, before compression. */
export interface Usage {
  samples: number
  uploads: number
  metrics: number
  /** Requests that read: summaries, trends, samples. */
  reads: number
  /** Insights that are asked for a month. */
  insights: number
  /** Sign-ins and token refreshes; an access token lasts 15 minutes, an app wakes less often. */
  authentications: number
  /** Bytes of a sample in the JSON of a batch, as it lies in the raw bucket. */
  rawBytes: number
  /** Bytes of a sample in its chunk in the table. */
  tableBytes: number
  /** Bytes of one answer to a read, compressed by no one. */
  answerBytes: number
  /** Bytes that the API and worker log about a request or upload. */
  logBytes: number
  /** Samples a second that one vCPU takes from S3 into the table. */
  samplesPerVcpuSecond: number
  /** Tokens of one insight, both of its calls and the thinking included. */
  tokensIn: number
  tokensOut: number
  /** Age of the average account in months: what is stored is this many months of samples. */
  months: number
  /** The busiest hour over the mean. */
  peak: number
}

/**
 * A watch worn day and night. Samples, bytes and samples a second are measured by `node bench/ingest.ts 30`: 3,561 samples
 * a day of 15 metrics, 334 bytes each in JSON (61 MB of 182,500), 6.9 in a chunk (5.0 to 5.5 of heart rate, more of rarer metrics), 22,256
 * samples/s end to end, here taken as 20,000. The rest is assumed.
 */
export const USAGE: Usage = {
  samples: 3561,
  uploads: 4,
  metrics: 15,
  reads: 20,
  insights: 4,
  authentications: 6,
  rawBytes: 334,
  tableBytes: 6.9,
  answerBytes: 20_000,
  logBytes: 500,
  samplesPerVcpuSecond: 20_000,
  tokensIn: 3000,
  tokensOut: 2000,
  months: 12,
  peak: 3,
}

/** Days that the estimate counts in a month. */
export const DAYS = 30

/** Requests to the API a user and day, each insight among them. */
export function requestsADay({ uploads, reads, authentications, insights }: Usage): number {
  return uploads + reads + authentications + insights / DAYS
}

/**
 * Write units a user and day: a day's chunk of a metric is rewritten as it grows, so `u` uploads of a day's `b` KB write
 * b·(u+1)/2 KB; each write rounds up by half a unit and comes with a summary of one; the upload's own record is written
 * four times. One upload a day gives 51, 4 of them the record's; the bench measures 47 without it (1,410 in 30 days).
 */
export function writeUnitsADay({ samples, tableBytes, uploads, metrics }: Usage): number {
  const kilobytes = (samples * tableBytes) / 1000
  return (kilobytes * (uploads + 1)) / 2 + 1.5 * metrics * uploads + 4 * uploads
}

/**
 * Read units a user and day: each upload reads the chunks that it extends, strongly consistent (one unit a started 4 KB);
 * a read reads a revision and a page of summaries or chunks, 4 units.
 */
export function readUnitsADay({ samples, tableBytes, uploads, metrics, reads }: Usage): number {
  const kilobytes = (samples * tableBytes) / 1000
  return ((kilobytes / 4) * (uploads - 1)) / 2 + 0.5 * metrics * uploads + 4 * reads
}

/**
 * Calls to KMS a user and day: a process keeps a user's data key for five minutes, so that at worst each upload and each
 * read, spread over many tasks, unwraps it again.
 */
export function keyCallsADay({ uploads, reads }: Usage): number {
  return uploads + reads
}

/** Active users for whom is estimated where none are named. */
export const USERS = 1000
