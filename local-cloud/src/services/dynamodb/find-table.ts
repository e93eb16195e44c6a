import { AwsError, notImplemented } from '../../core/aws-error.ts'
import type { Engine } from './engine.ts'
import { invalid, notFound } from './table-errors.ts'
import type { TableRecord } from './table-record.ts'

/** Parameters that change what a table is and that the local cloud does not do: refused, not ignored. */
export function refuseUnsupported(input: object, operation: string, names: string[]): void {
  for (const name of names) {
    const value = (input as Record<string, unknown>)[name]
    if (value !== undefined && value !== null) throw notImplemented('dynamodb', `${operation} with ${name}`)
  }
}

/** A table that exists, whatever its state. @throws AwsError ResourceNotFoundException */
export function existing(engine: Engine, name: string | undefined): TableRecord {
  if (!/^[\w.-]{3,255}$/.test(name ?? ''))
    throw invalid(
      `1 validation error detected: Value '${name}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+ and have length between 3 and 255`,
    )
  const table = engine.table(name as string)
  if (!table) throw notFound(name)
  return table
}

/** A table that may be changed now. @throws AwsError ResourceNotFoundException, ResourceInUseException */
export function changeable(engine: Engine, name: string | undefined): TableRecord {
  const table = existing(engine, name)
  if (table.TableStatus === 'ACTIVE') return table
  throw new AwsError(
    'ResourceInUseException',
    `Attempt to change a resource which is still in use: Table is being ${IN_USE[table.TableStatus]}: ${name}`,
  )
}

const IN_USE = { CREATING: 'created', UPDATING: 'updated', DELETING: 'deleted' }
