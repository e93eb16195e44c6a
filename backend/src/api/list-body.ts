import type { FieldError, Problem } from '../problem.ts'
import { validationProblem } from './validation.ts'

/**
 * The list of a body of the form `{"<name>": [...]}`, whose entries are not looked at.
 * @throws Problem 422 where the body is of another form, or the list is empty or too long
 */
export function listOf(body: unknown, name: string, most: number): unknown[] {
  const refuse = (field: string, message: string, code: string): Problem => {
    const error: FieldError = { field, message, code }
    return validationProblem([error])
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refuse('', `must be an object: {"${name}": [...]}`, 'type')
  const unknown = Object.keys(body).filter(key => key !== name)
  if (unknown[0] !== undefined) throw refuse(unknown[0], 'is not known here; leave it out', 'unknown_field')
  const list = (body as Record<string, unknown>)[name]
  if (list === undefined) throw refuse(name, 'is required', 'required')
  if (!Array.isArray(list)) throw refuse(name, `must be a list of ${name}`, 'type')
  if (list.length === 0) throw refuse(name, 'must not be empty', 'empty')
  if (list.length > most)
    throw refuse(name, `holds ${list.length} ${name}; send at most ${most} at a time`, 'too_many')
  return list
}
