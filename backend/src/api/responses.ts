import type { FastifySerializerCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/**
 * Answers are plain `JSON.stringify`: what a handler returns is what is sent, with nothing coerced or silently dropped.
 * @param strict also hold every answer against its schema and fail where it departs, so that a test sees a document
 * that does not tell the truth
 */
export function createSerializerCompiler(strict: boolean): FastifySerializerCompiler<TSchema> {
  return ({ schema, httpStatus, url }) => {
    if (!strict) return data => JSON.stringify(data)
    const check = Compile(schema)
    return data => {
      const text = JSON.stringify(data)
      const [error] = check.Errors(JSON.parse(text))
      if (error)
        throw new Error(`answer ${httpStatus} of ${url} at ${error.instancePath || '/'}: ${error.message}`)
      return text
    }
  }
}
