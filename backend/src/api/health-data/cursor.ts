import type { Position } from '../../adapters/dynamodb/sample-store.ts'
import { isDate } from '../../domain/instant.ts'
import { UUID_PATTERN } from '../../domain/sample.ts'
import { validationProblem } from '../validation.ts'

/** A position as an opaque text. */
export function encodeCursor({ day, startMs, uuid }: Position): string {
  return Buffer.from(`${day} ${startMs} ${uuid}`).toString('base64url')
}

/** @throws Problem 422 for anything that {@link encodeCursor} did not make */
export function decodeCursor(cursor: string): Position {
  const [day = '', start = '', uuid = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (isDate(day) && /^-?\d{1,15}$/.test(start) && new RegExp(UUID_PATTERN).test(uuid) && rest.length === 0)
    return { day, startMs: Number(start), uuid }
  throw validationProblem([
    { field: 'cursor', message: 'is not one that was given out; start again without it', code: 'bad_cursor' },
  ])
}
