import type { Position } from '../../adapters/dynamodb/sample-store.ts'
import { isDate } from '../../domain/instant.ts'
import { UUID_PATTERN } from '../../domain/sample.ts'
import { validationProblem } from '../validation.ts'

/** A place as `placeOf` writes it: a UUID, which it was always before, or one in an envelope. */
const PLACE = new RegExp(`${UUID_PATTERN}|^~[0-9a-f]{64}\\.\\d{6}$`)

/** A position as an opaque text. */
export function encodeCursor({ day, startMs, place }: Position): string {
  return Buffer.from(`${day} ${startMs} ${place}`).toString('base64url')
}

/** @throws Problem 422 for anything that {@link encodeCursor} did not make */
export function decodeCursor(cursor: string): Position {
  const [day = '', start = '', place = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (isDate(day) && /^-?\d{1,15}$/.test(start) && PLACE.test(place) && rest.length === 0)
    return { day, startMs: Number(start), place }
  throw validationProblem([
    { field: 'cursor', message: 'is not one that was given out; start again without it', code: 'bad_cursor' },
  ])
}
