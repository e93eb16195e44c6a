import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { whenUsed } from '../domain/when-used.ts'
import { type FieldError, Problem } from '../problem.ts'

/** What a body's error list may hold at most; TypeBox stops at 8 by itself. */
const MAX_ERRORS = 100_000

/**
 * Checks requests against their TypeBox schemas. Bodies are taken as they are; query strings, parameters and headers,
 * which are all text, are converted to the types of their schema and given its defaults.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  Settings.Set({ maxErrors: MAX_ERRORS })
  return ({ schema, httpPart }) => {
    const check = whenUsed(() => Compile(schema))
    // Most questions are texts that are asked for as texts, and have nothing to be converted.
    const asGiven = httpPart === 'body' || !JSON.stringify(schema).includes('"default":')
    return value => {
      if (asGiven && check().Check(value)) return { value }
      const given = httpPart === 'body' ? value : Value.Convert(schema, Value.Default(schema, value))
      if (check().Check(given)) return { value: given }
      return { error: validationProblem(check().Errors(given).flatMap(fieldErrors)) }
    }
  }
}

/** For routes that check their body themselves: everything else is held against its schema. */
export const allButBody: FastifySchemaCompiler<TSchema> = input =>
  input.httpPart === 'body' ? value => ({ value }) : createValidatorCompiler()(input)

/** Refuses a request for what its fields hold: 422 `validation_error`, naming every field. */
export function validationProblem(errors: FieldError[]): Problem {
  const seen = new Set<string>()
  const distinct = errors.filter(error => {
    const key = `${error.field} ${error.code}`
    return !seen.has(key) && seen.add(key)
  })
  const [first] = distinct
  const rest = distinct.length > 1 ? `, and ${distinct.length - 1} more` : ''
  return new Problem(
    422,
    'validation_error',
    'The request is not valid',
    first ? `${first.field || 'body'}: ${first.message}${rest}` : 'the request is not valid',
    { errors: distinct },
  )
}

function fieldErrors(error: TLocalizedValidationError): FieldError[] {
  const at = error.instancePath.slice(1)
  const below = (name: string): string => (at ? `${at}/${name}` : name)
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map(name => ({
        field: below(name),
        message: 'is required',
        code: 'required',
      }))
    case 'additionalProperties':
      return error.params.additionalProperties.map(name => ({
        field: below(name),
        message: 'is not known here; leave it out',
        code: 'unknown_field',
      }))
    case 'boolean':
      // Follows additionalProperties, which names the field already.
      return []
    default:
      return [{ field: at, message: error.message, code: error.keyword }]
  }
}
