import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import type { PendingImport } from '../../adapters/dynamodb/import-store.ts'
import { Problem } from '../../problem.ts'
import { NOT_AN_EXPORT } from '../../worker/import/export-xml.ts'

const MIB = 1024 * 1024
/** Largest export, in bytes. */
export const MAX_IMPORT_BYTES = 8 * 1024 * MIB
/** How long a part's URL holds; GET gives fresh ones. */
export const PART_URL_SECONDS = 3600
/** Parts that an import is cut into at most; each has its URL in one answer. */
const MOST_PARTS = 500
const LEAST_PART = 8 * MIB

/** What is asked for to begin an import in parts. */
export const BeginBody = Type.Object(
  {
    size: Type.Integer({
      minimum: 1,
      maximum: MAX_IMPORT_BYTES,
      description: 'Bytes of the export.xml or its zip.',
    }),
  },
  { additionalProperties: false },
)

/** An import in parts, as its client sees it. */
export const Parts = Type.Object({
  import_id: Type.String({ format: 'uuid' }),
  status: Type.Enum(['open', 'completed']),
  size: Type.Integer(),
  part_size: Type.Integer({ description: 'Bytes of each part but the last.' }),
  part_count: Type.Integer(),
  received_parts: Type.Integer(),
  urls_valid_seconds: Type.Integer(),
  parts: Type.Array(
    Type.Object({
      number: Type.Integer(),
      size: Type.Integer(),
      url: Type.String({ description: 'PUT the bytes of the part here, without an authorization header.' }),
    }),
    { description: 'The parts that have not come yet.' },
  ),
})
export type PartsOffer = Static<typeof Parts>

/** Bytes of a part: whole MiB, so many that 500 parts suffice. */
export function partSizeFor(size: number): number {
  return Math.max(LEAST_PART, Math.ceil(size / MOST_PARTS / MIB) * MIB)
}

export function partCount({ size, partSize }: PendingImport): number {
  return Math.ceil(size / partSize)
}

/** Bytes that a part must have. */
export function sizeOf(pending: PendingImport, number: number): number {
  return Math.min(pending.partSize, pending.size - (number - 1) * pending.partSize)
}

/** What stands for the content of an import in parts, whose hash nobody has seen. */
export function importHash(importId: string): string {
  return createHash('sha256').update(`import\n${importId}`).digest('hex')
}

export function notAnExport(): Problem {
  return new Problem(422, 'not_an_export', 'Not an Apple Health export', NOT_AN_EXPORT, {
    headers: { connection: 'close' },
  })
}
