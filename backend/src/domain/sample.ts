import Type, { type Static } from 'typebox'
import type { Metric } from './metrics/metric.ts'

/** Any RFC 9562 UUID, in either case; it is the sample's identity. */
export const UUID_PATTERN = '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'

/** Where a sample comes from. */
export const Source = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 256, examples: ['Apple Watch'] }),
    bundle_id: Type.Optional(Type.String({ maxLength: 256, examples: ['com.apple.health.1A2B'] })),
    device: Type.Optional(Type.String({ maxLength: 1024, examples: ['Watch7,5'] })),
  },
  { additionalProperties: false },
)

/** One measurement as a client sends it, and exactly as it gets it back. */
export const Sample = Type.Object(
  {
    uuid: Type.String({
      pattern: UUID_PATTERN,
      description: 'Identity: a sample sent twice is stored once.',
    }),
    type: Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'Canonical metric name or HealthKit identifier; see /api/v1/metrics.',
      examples: ['heart_rate', 'HKQuantityTypeIdentifierHeartRate'],
    }),
    value: Type.Union([Type.Number(), Type.String({ minLength: 1, maxLength: 128 })], {
      description:
        'A number; for a category sample its name or HealthKit number, such as "asleep_core" or 3.',
    }),
    unit: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'Required for quantities; kept but without meaning for categories.',
      }),
    ),
    start: Type.String({
      maxLength: 40,
      description: 'RFC 3339 with offset.',
      examples: ['2026-11-24T07:00:00+01:00'],
    }),
    end: Type.String({ maxLength: 40, description: 'RFC 3339 with offset; not before start.' }),
    zone_offset: Type.Optional(
      Type.String({
        maxLength: 6,
        description:
          "Offset of the local time zone, where it differs from start's; it decides the local day.",
        examples: ['+01:00'],
      }),
    ),
    source: Source,
    metadata: Type.Optional(
      Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), {
        description: 'Kept as sent; at most 32 KiB as JSON.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** A sample as sent. */
export type Sample = Static<typeof Sample>

/** A sample with what follows from it: everything inside works on these and checks nothing again. */
export interface ParsedSample {
  sample: Sample
  metric: Metric
  startMs: number
  endMs: number
  /** Minutes east of UTC at the sample's place: `zone_offset`, else that of `start`. */
  offset: number
  /** Local calendar date of its start, which is also where it is stored. */
  day: string
  /** The value in the metric's canonical unit, or what a category's value counts as. */
  canonical: number
}

/** A sample of a chunk: with the upload that brought it, whose raw envelope holds the original. */
export interface StoredSample extends ParsedSample {
  /** Upload id, a UUID in lower case. */
  upload: string
  /** Set where the UUID is known to be the derived one: to find that out again costs as much as all else. */
  derived?: true
  /** Set where the chunk does not hold the UUID but says where it stands; until it is looked up there it is empty. */
  original?: Original
}

/** A place in the raw envelope of an upload from a client. */
export interface Original {
  /** SHA-256 of what was sent, in hex: the envelope's name in the bucket. */
  envelope: string
  /** Place in the envelope's `samples`. */
  ordinal: number
  /** What a chunk tells of the UUID: 16 bits of a hash, see `markOf`. */
  mark: number
}
